//! The main job, as a person runs it.

use std::process::Command;

#[test]
fn re25_the_tour_converges_and_leaves_no_trace() {
    let output = Command::new(env!("CARGO_BIN_EXE_rejoinder")).args(["tour", "--json"]).output();
    let output = output.expect("the tour runs");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    let (summary, steps) = lines.split_last().expect("there are lines");
    assert!(steps.len() > 10);
    assert!(steps.iter().all(|step| step["ok"] == true));
    assert_eq!(summary["converged"], true);
    assert_eq!(summary["traces"], 0);
    assert_eq!(summary["erased_on"][0], summary["erased_on"][1]);
}
