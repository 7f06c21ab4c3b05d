//! What instructions and allocations are counted in: sessions in a steady state, driven as the server drives them.
//!
//! It is not the server: but for [`crowd`], [`echo`] and [`requests`] there is no runtime, and but for the last no socket. Each step is what one message costs, so a
//! count says what one more message would. The benches count instructions, the tests allocations, of the same steps.
//!
//! Each fixture keeps this: what it has opened has told all that a beginning tells, so only the step itself is left to count.

pub mod attach;
pub mod crowd;
pub mod echo;
pub mod engineio;
pub mod native;
pub mod polls;
pub mod requests;
pub mod sockjs;

use throughline_core::session::Setup;
use throughline_core::wire::native::Secret;
use throughline_core::{Limits, Message, Time};

/// All happens at this moment: what time does is not counted here.
pub const NOW: Time = Time::ZERO;

/// 64 bytes, as the messages of small applications are.
pub const TEXT: &str = "{\"user\":\"ada\",\"text\":\"a message that is sixty-four bytes long\"}.";

/// A message whose body is shared with its clones, as it is when many get it.
#[must_use]
pub fn message() -> Message {
    let message = Message::text(TEXT.to_owned());
    // The first clone is what makes a body a shared one.
    let shared = message.clone();
    drop(message);
    shared
}

/// What every session here is made of.
#[must_use]
pub fn setup() -> Setup {
    Setup {
        id: "node-1-session".to_owned(),
        secret: Secret::new([7; 16]),
        limits: Limits::default(),
        window: None,
        protocol: None,
        token_expires: None,
    }
}
