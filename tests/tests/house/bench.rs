//! What the README says about the bench is what its committed results say.

use throughline_tests::repository::root;

// The very file that writes it, which needs nothing else of the bench and is tested there.
#[path = "../../bench/src/report/summary.rs"]
mod summary;

#[test]
fn the_readme_says_what_the_results_of_the_bench_say() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let results = serde_json::from_str(&read("tests/bench/results/bench.json")).unwrap();
    let readme = read("README.md");
    assert_eq!(
        summary::insert(&readme, &results),
        readme,
        "`cargo xtask bench --readme` writes it again"
    );
}
