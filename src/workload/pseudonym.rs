//! Stable pseudonyms for the labels of a usage history.
//!
//! A pseudonym is a keyed hash (HMAC-SHA-256) of the label: the same key gives the same one in every run, so that results
//! can be joined, and without the key nobody can tell whose it is, not even by trying all labels.

use sha2::{Digest, Sha256};

use crate::units::hex;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// Hexadecimal digits of a pseudonym: among a million labels two are alike with a chance below 1 in 10 ^ 7.
const DIGITS: usize = 16;

/// Makes pseudonyms with a secret key.
#[derive(Clone)]
pub struct Pseudonyms {
    inner: [u8; BLOCK],
    outer: [u8; BLOCK],
}

impl Pseudonyms {
    /// With a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            let hash = Sha256::digest(key);
            block[..hash.len()].copy_from_slice(&hash);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        Pseudonyms { inner: block.map(|byte| byte ^ 0x36), outer: block.map(|byte| byte ^ 0x5c) }
    }

    /// The pseudonym of a label; an organization without a label has a number, which says nothing.
    #[must_use]
    pub fn of(&self, label: &str) -> String {
        if label.is_empty() { String::new() } else { self.code(b"label:", label.as_bytes()) }
    }

    /// Names the key without giving it away: other keys have other names.
    #[must_use]
    pub fn key_name(&self) -> String {
        self.code(b"key", b"")
    }

    fn code(&self, purpose: &[u8], text: &[u8]) -> String {
        let inner =
            Sha256::new().chain_update(self.inner).chain_update(purpose).chain_update(text).finalize();
        let hash = Sha256::new().chain_update(self.outer).chain_update(inner).finalize();
        hex(&hash[..DIGITS / 2])
    }
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(key not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_standard_one() {
        // RFC 4231, test case 2: HMAC-SHA-256 of "what do ya want for nothing?" with the key "Jefe".
        let code = Pseudonyms::new(b"Jefe").code(b"what do ya want ", b"for nothing?");
        assert_eq!(code, "5bdcc146bf60754e");
        // RFC 4231, test case 6: a key longer than a block.
        let code = Pseudonyms::new(&[0xaa; 131])
            .code(b"Test Using Larger Than Block-Size Key - Hash Key First", b"");
        assert_eq!(code, "60e431591ee0b67f");
    }

    #[test]
    fn the_same_key_gives_the_same_names_and_another_key_others() {
        let (one, other) = (Pseudonyms::new(b"one"), Pseudonyms::new(b"other"));
        assert_eq!(one.of("acme"), Pseudonyms::new(b"one").of("acme"));
        assert!(one.of("acme") != one.of("acme ") && one.of("acme") != other.of("acme"));
        assert!(one.of("").is_empty() && one.key_name() != other.key_name());
        assert!(!format!("{one:?}").contains("one"));
    }
}
