//! Who has subscribed to what. A subscription is gone with its session.

use crate::frame::Frame;
use std::sync::{Mutex, MutexGuard, PoisonError};
use throughline::Sender;

#[derive(Debug, Default)]
pub(crate) struct Broker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    subscriptions: Vec<Subscription>,
    messages: u64,
}

#[derive(Clone, Debug)]
struct Subscription {
    subscriber: Sender,
    id: String,
    destination: String,
}

impl Broker {
    pub(crate) fn subscribe(&self, subscriber: &Sender, id: &str, destination: &str) {
        self.state().subscriptions.push(Subscription {
            subscriber: subscriber.clone(),
            id: id.to_owned(),
            destination: destination.to_owned(),
        });
    }

    /// Ends one subscription of that session, or all.
    pub(crate) fn unsubscribe(&self, subscriber: &Sender, id: Option<&str>) {
        let is_meant = |subscription: &Subscription| {
            let is_its = subscription.subscriber.id() == subscriber.id();
            is_its && id.is_none_or(|id| subscription.id == id)
        };
        self.state()
            .subscriptions
            .retain(|subscription| !is_meant(subscription));
    }

    /// Waits for room where a subscriber has none; one that is gone gets nothing.
    pub(crate) async fn publish(&self, sent: &Frame, destination: &str) {
        let (subscriptions, number) = self.meant(destination);
        for subscription in subscriptions {
            let message = message(sent, &subscription, number);
            let _is_sent = subscription.subscriber.send(message.to_string()).await;
        }
    }

    fn meant(&self, destination: &str) -> (Vec<Subscription>, u64) {
        let mut state = self.state();
        state.messages += 1;
        let subscriptions = state.subscriptions.iter();
        let meant = subscriptions.filter(|subscription| subscription.destination == destination);
        (meant.cloned().collect(), state.messages)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a subscriber gets: the headers are the sender's, but for those that concern the way.
fn message(sent: &Frame, subscription: &Subscription, number: u64) -> Frame {
    let own = ["destination", "receipt", "content-length"];
    let mut message = Frame::new("MESSAGE")
        .with("subscription", &subscription.id)
        .with("message-id", &number.to_string())
        .with("destination", &subscription.destination);
    let others = sent.headers.iter();
    let others = others.filter(|(name, _)| !own.contains(&name.as_str()));
    message.headers.extend(others.cloned());
    message.body.clone_from(&sent.body);
    message
}
