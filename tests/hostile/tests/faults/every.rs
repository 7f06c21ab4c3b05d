//! No fault is without its test.

use std::fs;
use std::path::Path;
use throughline_hostile::FAMILIES;

#[test]
fn every_fault_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let files = fs::read_dir(folder).unwrap();
    let tests: String = files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for kind in FAMILIES.iter().flat_map(|family| family.kinds) {
        let tested = format!("// fault: {}\n#[tokio::test]\n", kind.name);
        assert_eq!(tests.matches(&tested).count(), 1, "tests of {}", kind.name);
    }
}
