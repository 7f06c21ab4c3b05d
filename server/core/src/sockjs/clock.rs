//! A client's clock, as its stamps show it: how long it may go on showing the same time.
//!
//! An answer waits as long, so that the client's next request has another stamp. Clocks differ:
//!
//! - Most tell milliseconds apart. Firefox jitters: it rounds up from a random moment within each tick on, so that a
//!   time may be shown for almost two ticks.
//! - Old Windows moved its clock every 15.6 ms, and nothing in a single time tells.
//! - Firefox that resists fingerprinting has ticks of 16.667 ms, and had ticks of 100 ms, which it jitters too. Its times are
//!   multiples of the tick, cut to milliseconds.
//!
//! One time on such a grid may be chance, and makes one answer late. The invariant: a session's clock counts as fine as the
//! finest that it has shown, and never as finer. A clock that is coarser in another way, stands still or goes back
//! may show a time again; `repetition.rs` says what happens then.

use super::stamp::Stamp;
use std::time::Duration;

/// Two ticks of one millisecond.
const FINE: Duration = Duration::from_millis(2);
/// Times that are less apart are no two ticks of a coarse clock.
const APART: u64 = 10;
/// One tick of old Windows.
const USUAL: Duration = Duration::from_millis(16);
/// The tick of clocks that follow the frames of a screen, in microseconds.
const FRAME: u64 = 16_667;
/// Two of these ticks.
const FRAMES: Duration = Duration::from_millis(34);
/// The coarsest tick, in milliseconds.
const COARSE: u64 = 100;
/// Two of these ticks.
const COARSEST: Duration = Duration::from_millis(2 * COARSE);
/// The core's own time is cut to milliseconds as well, so that a wait may be shorter by almost one.
const OWN: Duration = Duration::from_millis(1);

/// What is known of one client's clock.
#[derive(Debug)]
pub(super) struct Clock {
    /// How long it may show the same time.
    lasts: Duration,
    shown: Option<u64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            lasts: COARSEST,
            shown: None,
        }
    }
}

impl Clock {
    /// How long after a request with this stamp there can be none with the same.
    pub(super) fn lasts(&mut self, stamp: &Stamp) -> Duration {
        match stamp.shown() {
            None => Duration::ZERO,
            Some(time) => self.see(time) + OWN,
        }
    }

    fn see(&mut self, time: u64) -> Duration {
        let before = self.shown.replace(time);
        let is_fine = before.is_some_and(|before| (1..APART).contains(&time.abs_diff(before)));
        let lasts = if is_fine { FINE } else { alone(time) };
        self.lasts = self.lasts.min(lasts);
        self.lasts
    }
}

/// What a single time says.
const fn alone(time: u64) -> Duration {
    if time.is_multiple_of(COARSE) {
        COARSEST
    } else if is_frame(time) {
        FRAMES
    } else {
        USUAL
    }
}

/// Whether a multiple of the tick is less than a millisecond away, so however it was rounded.
const fn is_frame(time: u64) -> bool {
    (time * 1000 + 999) % FRAME < 1999
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_clock_is_as_fine_as_it_has_shown() {
        let mut clock = Clock::default();
        assert_eq!(clock.see(1_795_712_345_600), millis(200));
        assert_eq!(clock.see(1_795_712_345_600), millis(200));
        let frame = (1_795_712_400_000 * 1000_u64).div_ceil(FRAME) * FRAME / 1000;
        assert_eq!(clock.see(frame), millis(34));
        assert_eq!(clock.see(frame + 8), millis(2), "two times so close");
        assert_eq!(clock.see(1_795_712_499_900), millis(2), "for good");
    }

    #[test]
    fn a_clock_that_is_on_no_grid_may_have_the_ticks_of_old_windows() {
        let mut clock = Clock::default();
        for ticks in 0..1000 {
            let time = 1_795_712_345_607_777 + ticks * 15_625;
            let lasts = clock.see(time / 1000);
            assert!(lasts >= USUAL, "{ticks}");
        }
        assert_eq!(clock.lasts, USUAL);
    }

    #[test]
    fn every_frame_is_known_cut_or_rounded() {
        let first = 1_795_712_345_678_000 / FRAME;
        for frame in (first..first + 2000).map(|number| number * FRAME) {
            for time in [frame / 1000, (frame + 500) / 1000, frame.div_ceil(1000)] {
                assert!(is_frame(time), "{time}");
            }
            assert!(!is_frame(frame / 1000 + 4));
        }
    }

    #[test]
    fn a_name_is_never_made_twice() {
        let name = Stamp::number("abcd01234").expect("a number");
        assert_eq!(Clock::default().lasts(&name), Duration::ZERO);
        let time = Stamp::time("1795712345600").expect("a time");
        assert_eq!(Clock::default().lasts(&time), millis(201));
    }
}
