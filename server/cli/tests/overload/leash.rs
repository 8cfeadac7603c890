//! A server that may run for a part of the time only: what it can do is then less than those can
//! ask for who share the machine with it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long it runs, and how long it then stands still.
const RUNS: Duration = Duration::from_millis(2);
const STANDS: Duration = Duration::from_millis(18);

/// Milliseconds of what the system counts processor time in.
const TICK_MILLIS: u64 = 10;

/// Holds a process back until it is dropped.
pub(crate) struct Leash {
    ends: Arc<AtomicBool>,
    holding: Option<JoinHandle<()>>,
}

impl Leash {
    pub(crate) fn on(process: u32) -> Self {
        let (ends, pid) = (Arc::new(AtomicBool::new(false)), id(process));
        let ended = Arc::clone(&ends);
        let holding = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                thread::sleep(RUNS);
                kill_process(pid, Signal::STOP).unwrap();
                thread::sleep(STANDS);
                kill_process(pid, Signal::CONT).unwrap();
            }
        });
        Self { ends, holding: Some(holding) }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(holding) = self.holding.take() {
            let ended = holding.join();
            assert!(ended.is_ok() || thread::panicking(), "the process is gone");
        }
    }
}

fn id(process: u32) -> Pid {
    Pid::from_raw(process.try_into().unwrap()).unwrap()
}

/// How much of a processor a process has used by now.
pub(crate) fn used(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name, which may hold anything: the 12th and 13th field.
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * TICK_MILLIS)
}
