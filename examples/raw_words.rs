//! Writes the raw words of the generator to standard output without end, for statistical batteries.
//!
//! `cargo run --release --example raw_words -- ONE`, ONE of: `stream` (one stream, word after word), `interleaved` (one word
//! each of 4,096 organizations' streams in turn), `keys` (the first word of the streams of organizations 0, 1, 2, …),
//! `operations` (draws keyed by operation 0, 1, 2, … and attempt 1), `traits` (coordinates of organizations 0, 1, 2, …).
//! The words come as 8 bytes, the lowest first, so that batteries of 32 bits see both halves in turn.

use std::io::{self, BufWriter, Write};

use creditsim::sampling::{Purpose, Rng, StreamKey};

fn main() -> io::Result<()> {
    let order = std::env::args().nth(1);
    let cohort = StreamKey::cohort(1, 0, "teams");
    let gaps = |number: u64| cohort.number(number).name("chat").stream(Purpose::Gap);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut put = |word: u64| out.write_all(&word.to_le_bytes());
    match order.as_deref() {
        Some("stream") => {
            let mut stream = gaps(0);
            loop {
                put(stream.word())?;
            }
        }
        Some("interleaved") => {
            let mut streams: Vec<Rng> = (0..4_096).map(gaps).collect();
            loop {
                streams.iter_mut().try_for_each(|stream| put(stream.word()))?;
            }
        }
        Some("keys") => (0..).try_for_each(|number| put(gaps(number).word())),
        Some("operations") => {
            let key = cohort.number(0).name("chat");
            (0..).try_for_each(|operation| put(key.value(Purpose::Denial, operation, 1)))
        }
        Some("traits") => {
            let key = cohort.name("activity");
            (0..).try_for_each(|organization| put(key.value(Purpose::Traits, organization, 0)))
        }
        _ => Err(io::Error::other("one of: stream, interleaved, keys, operations, traits")),
    }
}
