//! Requests that a proxy sends twice.

use crate::play::{BAD_REQUEST, polling};
use throughline_core::engineio::{Answer, Input};

#[test]
fn no_more_than_a_few_repetitions_of_a_post_wait() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    for id in 1..6 {
        play.post_stamped(id, "a", &many);
    }
    assert_eq!(play.answer(5), BAD_REQUEST);
    assert_eq!(play.texts().len(), 200);
    for id in 1..5 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}

#[test]
fn a_get_that_a_proxy_repeats_is_answered_like_the_first() {
    let mut play = polling();
    play.get_stamped(1, "a");
    play.get_stamped(2, "a");
    play.send("m");
    assert_eq!(
        (play.payload(1), play.payload(2)),
        ("4m".to_owned(), "4m".to_owned())
    );
    play.send("n");
    play.get_stamped(3, "a");
    assert_eq!(
        play.payload(3),
        "4m\u{1e}4n",
        "the first answer may have been lost"
    );
    play.get_stamped(4, "b");
    play.get_stamped(5, "a");
    assert_eq!(play.payload(5), "6", "a late repetition disturbs nothing");
    assert!(play.is_waiting(4));
    play.send("o");
    assert_eq!(play.payload(4), "4o");
    play.get_stamped(6, "c");
    play.get_stamped(7, "b");
    assert_eq!(play.payload(7), "6");
    play.send("p");
    assert_eq!(play.payload(6), "4p");
}

#[test]
fn a_get_that_a_proxy_aborts_and_repeats_goes_on() {
    let mut play = polling();
    play.get_stamped(1, "a");
    play.handle(Input::RequestGone(1));
    play.send("m");
    play.get_stamped(2, "a");
    assert_eq!(play.payload(2), "4m");
    play.get_stamped(3, "b");
    play.handle(Input::RequestGone(3));
    play.get_stamped(4, "c");
    assert!(play.is_waiting(4), "the client is there");
    play.handle(Input::RequestGone(4));
    play.wait(1000);
    play.assert_ends("transport error");
}

#[test]
fn a_post_that_a_proxy_repeats_is_executed_once() {
    let mut play = polling();
    play.post_stamped(1, "a", "4once");
    play.post_stamped(2, "a", "4once");
    assert_eq!(
        (play.answer(1), play.answer(2)),
        (Answer::Taken, Answer::Taken)
    );
    assert_eq!(play.texts(), ["once"]);
    play.post_stamped(3, "a", "4another");
    play.post_stamped(4, "b", "4another");
    assert_eq!(play.texts(), ["another", "another"]);
    play.post(5, "4plain");
    play.post(6, "4plain");
    assert_eq!(
        play.texts(),
        ["plain", "plain"],
        "without stamps no repetition can be told"
    );
}

#[test]
fn posts_that_overlap_are_one_or_the_end() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    play.post_stamped(1, "a", &many);
    play.post_stamped(2, "a", &many);
    assert!(play.is_waiting(1) && play.is_waiting(2));
    assert_eq!(play.texts().len(), 200);
    assert_eq!(
        (play.answer(1), play.answer(2)),
        (Answer::Taken, Answer::Taken)
    );
    play.post_stamped(3, "b", &many);
    play.post_stamped(4, "c", "4y");
    assert_eq!((play.answer(4), play.answer(3)), (BAD_REQUEST, BAD_REQUEST));
    play.assert_ends("transport error");
}
