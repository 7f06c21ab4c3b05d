//! The repository keeps its own rules: `tests/tests/house*.rs` says which.

use super::{Part, rust::test_binary};

pub(super) const PART: Part = Part {
    name: "house",
    about: "the repository keeps its own rules",
    needs: &[],
    run: |checks| {
        checks.tests(&mut test_binary("house"));
    },
};
