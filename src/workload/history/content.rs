//! Which bytes a history had: hashed on their way, below decompression.

use std::cell::RefCell;
use std::io::Read;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::units::hex;

/// Size and hash of a file as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Content {
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Hashes what passes through readers made with [`Hashing::of`].
#[derive(Clone, Default)]
pub(super) struct Hashing(Rc<RefCell<(u64, Sha256)>>);

struct Through<R> {
    inner: R,
    seen: Hashing,
}

impl Hashing {
    /// A reader of the same bytes.
    pub fn of(&self, inner: Box<dyn Read>) -> Box<dyn Read> {
        Box::new(Through { inner, seen: self.clone() })
    }

    /// How much has passed through (bytes).
    pub fn bytes(&self) -> u64 {
        self.0.borrow().0
    }

    /// What has passed through.
    pub fn so_far(&self) -> Content {
        let (bytes, digest) = &*self.0.borrow();
        let sha256 = hex(&digest.clone().finalize());
        Content { bytes: *bytes, sha256 }
    }
}

impl<R: Read> Read for Through<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let (bytes, digest) = &mut *self.seen.0.borrow_mut();
        digest.update(&buffer[..read]);
        *bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_hashed_byte_for_byte() {
        let hashing = Hashing::default();
        let mut text = String::new();
        hashing.of(Box::new(&b"abc"[..])).read_to_string(&mut text).unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!((text.as_str(), hashing.so_far()), ("abc", Content { bytes: 3, sha256 }));
    }
}
