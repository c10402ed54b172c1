//! Whom the report is e-mailed to, and by which server. Passwords are never in the configuration, only where they lie.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use serde::Deserialize;

/// The e-mail; without a recipient there is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Whom a failed run is told; empty for the same.
    pub failures_to: Vec<String>,
    /// Whether only the ends of loan and borrower ids are shown.
    pub mask: bool,
    pub attach_worklist: bool,
    pub smtp: Smtp,
}

/// The server that takes the e-mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub user: String,
    pub password_file: PathBuf,
    pub ca_file: PathBuf,
    pub timeout_seconds: u64,
    pub attempts: u32,
    pub pause_seconds: u64,
}

/// How the way to the server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Encrypted after a first greeting; never sent where the server does not offer it
    Starttls,
    /// Encrypted from the first byte
    Tls,
    /// Not at all
    None,
}

impl Smtp {
    /// How long one answer of the server is waited for.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The pause before an attempt, 2 for the second: it doubles each time.
    pub fn pause_before(&self, attempt: u32) -> Duration {
        Duration::from_secs(self.pause_seconds << attempt.saturating_sub(2).min(10))
    }

    fn is_on_this_machine(&self) -> bool {
        ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&self.host.as_str())
    }
}

impl Mail {
    /// Whether anybody is to get one.
    pub fn is_configured(&self) -> bool {
        !self.to.is_empty()
    }

    /// Whom a failed run is told.
    pub fn told_of_failures(&self) -> &[String] {
        if self.failures_to.is_empty() { &self.to } else { &self.failures_to }
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.is_configured() || !self.failures_to.is_empty() {
            problems.extend(address_problem("mail.from", &self.from));
            if self.smtp.host.trim().is_empty() {
                problems.push("mail.smtp.host must name the server that takes the e-mail".to_owned());
            }
        }
        problems.extend(self.to.iter().filter_map(|to| address_problem("mail.to", to)));
        problems.extend(self.failures_to.iter().filter_map(|to| address_problem("mail.failures_to", to)));
        if self.smtp.tls == Tls::None && !self.smtp.user.is_empty() && !self.smtp.is_on_this_machine() {
            problems.push(
                "mail.smtp.tls must not be \"none\" with a user: the password would go readable over the network"
                    .to_owned(),
            );
        }
        if !(1..=600).contains(&self.smtp.timeout_seconds) {
            problems.push("mail.smtp.timeout_seconds must be 1 to 600".to_owned());
        }
        if !(1..=10).contains(&self.smtp.attempts) {
            problems.push("mail.smtp.attempts must be 1 to 10".to_owned());
        }
        if self.smtp.pause_seconds > 600 {
            problems.push("mail.smtp.pause_seconds must be 0 to 600".to_owned());
        }
        problems
    }
}

/// An address is one that a header can hold: a line break in it would begin another header.
fn address_problem(key: &str, address: &str) -> Option<String> {
    let is_address = !address.chars().any(char::is_control) && address.parse::<Mailbox>().is_ok();
    (!is_address).then(|| {
        format!("{key}: {address:?} is no e-mail address such as \"anna@example.org\" or \"Anna <anna@example.org>\"")
    })
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn message(text: &str) -> String {
        Config::parse(text).expect_err("a faulty configuration").to_string()
    }

    #[test]
    fn an_address_that_would_add_a_header_is_refused() {
        for address in ["a@b.example\\r\\nBcc: c@d.example", "A\\nB <a@b.example>", "nobody", ""] {
            let text = format!("[mail]\nfrom = \"r@b.example\"\nto = [\"{address}\"]\n[mail.smtp]\nhost = \"h\"");
            assert!(message(&text).contains("mail.to"), "{address}");
        }
    }

    #[test]
    fn a_recipient_needs_a_sender_and_a_server() {
        let text = message("[mail]\nto = [\"a@b.example\"]");
        assert!(text.contains("mail.from") && text.contains("mail.smtp.host"), "{text}");
    }

    #[test]
    fn a_password_goes_over_no_open_line() {
        let open = |host: &str| format!("[mail.smtp]\ntls = \"none\"\nuser = \"u\"\nhost = \"{host}\"");
        assert!(message(&open("mail.example.org")).contains("readable over the network"));
        assert!(Config::parse(&open("localhost")).is_ok());
    }

    #[test]
    fn who_gets_the_mail_is_no_part_of_the_policy() {
        let text = "[mail]\nfrom = \"r@b.example\"\nto = [\"a@b.example\"]\n[mail.smtp]\nhost = \"h\"";
        assert_eq!(Config::parse(text).unwrap().sha256(), Config::parse("").unwrap().sha256());
    }

    #[test]
    fn the_pause_doubles() {
        let smtp = Config::parse("[mail.smtp]\npause_seconds = 5").unwrap().mail.smtp;
        assert_eq!([2, 3, 4].map(|attempt| smtp.pause_before(attempt).as_secs()), [5, 10, 20]);
    }
}
