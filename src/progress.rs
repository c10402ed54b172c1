//! What a person or a log sees of a run in progress: one line a stage, and on a terminal a bar for a long stage.
//!
//! The stages are also stored in `run_stages`, so that a slow or failed week can be examined later.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::Result;

const BAR_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct StageRecord {
    pub stage: &'static str,
    pub is_complete: bool,
    pub row_count: Option<u64>,
    pub seconds: f64,
}

#[derive(Debug)]
pub struct Progress {
    is_terminal: bool,
    stages: Vec<StageRecord>,
}

/// A stage's progress; cheap enough to be called often and from any thread.
#[derive(Debug)]
pub struct Ticker {
    bar: ProgressBar,
    started: Instant,
    may_show: bool,
    is_shown: AtomicBool,
}

impl Progress {
    pub fn to_stderr() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), stages: Vec::new() }
    }

    /// Runs and records one stage. `work` returns its result and the number of rows it worked on.
    pub fn stage<T>(&mut self, stage: &'static str, work: impl FnOnce(&Ticker) -> Result<(T, u64)>) -> Result<T> {
        let ticker = Ticker::new(stage, self.is_terminal);
        let outcome = work(&ticker);
        ticker.bar.finish_and_clear();
        let seconds = ticker.started.elapsed().as_secs_f64();
        let row_count = outcome.as_ref().ok().map(|(_, rows)| *rows);
        self.stages.push(StageRecord { stage, is_complete: outcome.is_ok(), row_count, seconds });
        let rows = row_count.map_or_else(|| "failed".to_owned(), grouped);
        tell(&format!("{stage:<10} {rows:>12} {seconds:>8.2} s"));
        outcome.map(|(value, _)| value)
    }

    pub fn stages(&self) -> &[StageRecord] {
        &self.stages
    }
}

impl Ticker {
    fn new(stage: &'static str, may_show: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg:<10} {wide_bar} {percent:>3} %  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(stage);
        Self { bar, started: Instant::now(), may_show, is_shown: AtomicBool::new(false) }
    }

    /// Reports `done` of `total` (bytes, trees, rows).
    pub fn tick(&self, done: u64, total: u64) {
        if !self.may_show || self.started.elapsed() < BAR_AFTER {
            return;
        }
        if !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}

/// A line to standard error, in one write. A closed pipe or a full disk must not end a run.
pub fn tell(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// A remark for the operator that stops nothing.
pub fn note(text: &str) {
    tell(&format!("note: {text}"));
}

/// `1 line` or `2,000 lines`.
pub fn lines(count: u64) -> String {
    counted(count, "line")
}

/// `1 line`, `2,000 lines`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A count with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_failed_stage_is_recorded_as_such() {
        let mut progress = Progress { is_terminal: false, stages: Vec::new() };
        let failed: Result<()> = progress.stage("import", |_| Err(crate::error::Error::Usage("no".to_owned())));
        assert!(failed.is_err());
        assert!(progress.stage("score", |_| Ok(((), 7))).is_ok());
        let recorded: Vec<_> = progress.stages().iter().map(|stage| (stage.is_complete, stage.row_count)).collect();
        assert_eq!(recorded, [(false, None), (true, Some(7))]);
    }
}
