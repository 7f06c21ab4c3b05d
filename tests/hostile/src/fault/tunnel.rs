//! Faults of what passes after a 101, or through a tunnel that CONNECT opened.

use super::points::{Behaviour, Direction, Passage, Unit};
use super::text::{self, Ways};
use super::{Family, Kind, Narrows};

const WAYS: &str = "up|down|both";

pub(super) const FAMILY: Family = Family {
    title: "In a WebSocket or a tunnel",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "mute",
            argument: WAYS,
            default: "both",
            help: "The connection stays open and nothing arrives any more, from the next frame on.",
            parse: |ways| striking(ways, |_| Some(Passage::Drop)),
        },
        Kind {
            name: "first-frame-dropped",
            argument: WAYS,
            default: "both",
            help: "The first WebSocket frame after the 101 vanishes, as with gateways that discard what they read together with the handshake.",
            parse: |ways| {
                striking(ways, |unit| {
                    matches!(unit, Unit::Frame { before: 0, .. }).then_some(Passage::Drop)
                })
            },
        },
        Kind {
            name: "frames-corrupted",
            argument: WAYS,
            default: "both",
            help: "The head of every WebSocket frame becomes one that the standard forbids, so that its receiver fails the connection.",
            parse: |ways| striking(ways, |unit| is_frame(unit).then_some(Passage::CorruptHead)),
        },
        Kind {
            name: "payloads-corrupted",
            argument: WAYS,
            default: "both",
            help: "One bit in the payload of every frame, or in every piece of a tunnel, is turned; nothing but a checksum can tell.",
            parse: |ways| striking(ways, |_| Some(Passage::CorruptPayload)),
        },
        Kind {
            name: "compressed-corrupted",
            argument: WAYS,
            default: "both",
            help: "One bit in the payload of every compressed frame is turned: a broken permessage-deflate.",
            parse: |ways| {
                striking(ways, |unit| {
                    let compressed = matches!(
                        unit,
                        Unit::Frame {
                            compressed: true,
                            ..
                        }
                    );
                    compressed.then_some(Passage::CorruptPayload)
                })
            },
        },
        Kind {
            name: "frames-split",
            argument: WAYS,
            default: "both",
            help: "Every WebSocket frame of more than four bytes arrives as two fragments, which is allowed.",
            parse: |ways| striking(ways, |unit| is_frame(unit).then_some(Passage::Split)),
        },
    ],
};

fn is_frame(unit: Unit) -> bool {
    matches!(unit, Unit::Frame { .. })
}

/// The same decision for all units of a kind, in some direction.
struct Striking {
    ways: Ways,
    decide: fn(Unit) -> Option<Passage>,
}

fn striking(ways: &str, decide: fn(Unit) -> Option<Passage>) -> Option<Box<dyn Behaviour>> {
    let ways = text::ways(ways)?;
    Some(Box::new(Striking { ways, decide }))
}

impl Behaviour for Striking {
    fn unit(&self, direction: Direction, unit: Unit) -> Option<Passage> {
        self.ways
            .include(direction)
            .then(|| (self.decide)(unit))
            .flatten()
    }
}
