//! The Content-Security-Policy of the page: nothing is fetched, nothing runs, and only the program's own style applies.
//!
//! The style sheet is allowed by its hash, which is made from the sheet itself, so that the two cannot differ. Should a
//! text of the book ever come into the page as a tag, a browser would still neither run nor fetch nor style by it.

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

/// The policy, for a page with this style sheet as it stands between its tags.
pub fn content_security_policy(style: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
}
