//! Runs that are killed anywhere and taken up with `--resume` end like plain ones.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "kills come at instants of the wall clock")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::stderr as said;
use crate::interrupts::{ROWS, Study, history, plain, scenario};

/// Kills a run at `kills` instants spread over its life, resuming each time, and compares the end with a plain run.
fn killed_again_and_again(text: &str, prepare: &dyn Fn(&Path), kills: u32) {
    let (expected, took) = plain(text, prepare);
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut killed, mut taken_up) = (0, 0);
    while killed < kills {
        let study = Study::new(text);
        prepare(study.folder.path());
        loop {
            let child = study
                .run(ROWS)
                .args(["--resume", "--threads", ["1", "2", "3"][draw as usize % 3]])
                .spawn()
                .unwrap();
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let share = (draw >> 33) as f64 / f64::from(1_u32 << 31);
            let instant = Instant::now() + took.mul_f64(share * 1.1);
            let mut child = child;
            let mut ended = None;
            while Instant::now() < instant && ended.is_none() {
                std::thread::sleep(Duration::from_millis(1));
                ended = child.try_wait().unwrap();
            }
            if ended.is_none() && killed < kills {
                child.kill().unwrap();
                killed += 1;
            }
            let output = child.wait_with_output().unwrap();
            taken_up += u32::from(said(&output).contains("resuming: "));
            if output.status.signal().is_some() {
                // Nothing that is half there looks finished.
                assert!(study.results().len() <= 1, "{:?}", study.names());
                if !study.results().is_empty() {
                    assert!(study.tables() == expected);
                }
                continue;
            }
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            break;
        }
        assert!(study.tables() == expected, "a run that was killed wrote other bytes");
        let after = study.run(ROWS).output().unwrap();
        assert_eq!(after.status.code(), Some(0), "{}", said(&after));
        assert_eq!(study.names(), study.results(), "no folder of a dead process is left");
        assert!(study.tables() == expected);
    }
    // A kill may come before anything is finished; of many not all do.
    assert!(
        kills < 20 || taken_up * 4 > kills,
        "after {kills} kills something was taken up {taken_up} times"
    );
    println!("{killed} kills; something was taken up {taken_up} times");
}

/// Kills of each kind: a handful, or as many as the environment says.
fn kills() -> u32 {
    std::env::var("CREDITSIM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

#[test]
fn a_run_that_is_killed_anywhere_is_taken_up_and_ends_like_a_plain_one() {
    killed_again_and_again(&scenario(4), &|_| {}, kills());
}

#[test]
fn a_replayed_history_that_is_killed_anywhere_is_taken_up_too() {
    let folder = tempfile::tempdir().unwrap();
    let text = history(folder.path(), 1);
    killed_again_and_again(&text, &|folder| drop(history(folder, 30_000)), kills());
}

#[test]
fn a_precise_run_that_is_killed_anywhere_is_taken_up_too() {
    let precision = "\n[precision]\nmetric = \"refusal_rate\"\nhalf_width = 0.2\nmax_replications = 30\n";
    killed_again_and_again(&(scenario(2).replace("= 120", "= 40") + precision), &|_| {}, kills());
}
