//! Crashes, damage, full disks and traces.
