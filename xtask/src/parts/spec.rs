//! The protocol's text, vectors and tests agree: `tests/tests/spec/` says how.

use super::{Part, rust::test_binary};

pub(super) const PART: Part = Part {
    name: "spec",
    about: "every requirement of the protocol is held by a vector or a test",
    needs: &[],
    run: |checks| {
        checks.tests(&mut test_binary("spec"));
    },
};
