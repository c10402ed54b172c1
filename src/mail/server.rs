//! A mail server with a time limit for each attempt.
//!
//! The read timeout covers one answer, but a server that sends a byte now and then would block the job, and the run lock, for
//! ever. So another thread holds the conversation; one that takes too long is abandoned and ends with the process.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use super::message::Letter;
use super::smtp::{Access, Dialogue, Ending};
use crate::config::Smtp;

/// An attempt needs about ten answers, and gets the time of as many.
const MOST_ANSWERS: u32 = 10;

pub struct Server {
    access: Arc<Access>,
    speaker: Option<Speaker>,
    /// Whether the last attempt showed that the server cannot be used for now.
    pub is_down: bool,
}

struct Speaker {
    letters: Sender<(Arc<Letter>, String)>,
    /// How each attempt ended, and whether the server is down.
    endings: Receiver<(Ending, bool)>,
}

impl Server {
    pub fn new(smtp: &Smtp) -> Result<Self, String> {
        Ok(Self { access: Arc::new(Access::new(smtp)?), speaker: None, is_down: false })
    }

    pub fn send(&mut self, letter: &Arc<Letter>, to: &str) -> Ending {
        let speaker = self.speaker.get_or_insert_with(|| Speaker::start(&self.access));
        // A failure here shows in the answer.
        let _ = speaker.letters.send((Arc::clone(letter), to.to_owned()));
        let limit = self.access.smtp.timeout() * MOST_ANSWERS;
        let ended = self.speaker.as_ref().map(|speaker| speaker.endings.recv_timeout(limit));
        let why = match ended {
            Some(Ok((ending, is_down))) => {
                self.is_down = is_down;
                return ending;
            }
            Some(Err(RecvTimeoutError::Timeout)) => format!("was not done within {} s", limit.as_secs()),
            Some(Err(RecvTimeoutError::Disconnected)) | None => "could not be reached".to_owned(),
        };
        self.speaker = None;
        self.is_down = true;
        Ending::Failed(format!("{}:{} {why}", self.access.smtp.host, self.access.smtp.port))
    }

    /// Ends the session, waiting for at most the time of an answer.
    pub fn close(&mut self) {
        if let Some(Speaker { letters, endings }) = self.speaker.take() {
            drop(letters);
            // No more endings come: this only waits for the thread.
            let _ = endings.recv_timeout(self.access.smtp.timeout());
        }
    }
}

impl Speaker {
    fn start(access: &Arc<Access>) -> Self {
        let (letters, to_send) = channel::<(Arc<Letter>, String)>();
        let (ended, endings) = channel();
        let access = Arc::clone(access);
        thread::spawn(move || {
            let mut dialogue = Dialogue::new(&access);
            for (letter, to) in to_send {
                let ending = dialogue.send(&letter, &to);
                if ended.send((ending, dialogue.is_down)).is_err() {
                    // The attempt was abandoned.
                    return;
                }
            }
            dialogue.close();
        });
        Self { letters, endings }
    }
}
