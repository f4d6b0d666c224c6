//! Standard uniforms, exponentials and normals: the raw material of every sampler.
//!
//! Owns the ziggurats of Marsaglia and Tsang with 256 layers, whose tables are computed while the crate is compiled, from
//! the constants and the mathematics written down here and in `elementary`. The ziggurats of `rand_distr` are not used,
//! because its mathematics follow `num-traits`, which other crates switch to the platform's.
//! Invariants: every draw takes exactly one word of its stream, so that draw k is a function of word k (the few that need
//! more take them from a stream of their own beside it); the same bytes on every platform.

use super::elementary::{exp, ln};
use super::generator::Rng;

const LAYERS: usize = 256;
/// Where the tail of the normal begins, and the area of each layer.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const NORMAL_AREA: f64 = 0.004_928_673_233_974_658;
/// Where the tail of the exponential begins, and the area of each layer.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
const EXPONENTIAL_AREA: f64 = 0.003_949_659_822_581_557;

/// Edges and densities of the layers, widest first.
struct Layers {
    edge: [f64; LAYERS + 1],
    density: [f64; LAYERS + 1],
    /// What a word's first 53 bits are multiplied by: the edge, and the scale of a uniform (a power of two, so that the
    /// product is the one of the uniform with the edge).
    scale: [f64; LAYERS],
}

impl Layers {
    const EMPTY: Layers =
        Layers { edge: [0.0; LAYERS + 1], density: [1.0; LAYERS + 1], scale: [0.0; LAYERS] };
}

static NORMAL: Layers = {
    let mut layers = Layers::EMPTY;
    layers.edge[0] = NORMAL_AREA / normal_density(NORMAL_TAIL);
    layers.edge[1] = NORMAL_TAIL;
    let mut layer = 0;
    while layer < LAYERS {
        if layer >= 2 {
            let height = NORMAL_AREA / layers.edge[layer - 1] + layers.density[layer - 1];
            layers.edge[layer] = root(-2.0 * ln(height));
        }
        layers.density[layer] = normal_density(layers.edge[layer]);
        // From [-1, 1): one bit less.
        layers.scale[layer] = layers.edge[layer] / (1_u64 << 52) as f64;
        layer += 1;
    }
    layers
};

static EXPONENTIAL: Layers = {
    let mut layers = Layers::EMPTY;
    layers.edge[0] = EXPONENTIAL_AREA / exp(-EXPONENTIAL_TAIL);
    layers.edge[1] = EXPONENTIAL_TAIL;
    let mut layer = 0;
    while layer < LAYERS {
        if layer >= 2 {
            let height = EXPONENTIAL_AREA / layers.edge[layer - 1] + layers.density[layer - 1];
            layers.edge[layer] = -ln(height);
        }
        layers.density[layer] = exp(-layers.edge[layer]);
        layers.scale[layer] = layers.edge[layer] / (1_u64 << 53) as f64;
        layer += 1;
    }
    layers
};

const fn normal_density(x: f64) -> f64 {
    exp(-0.5 * x * x)
}

/// A square root while compiling, by Newton's method from above; x > 0.
const fn root(x: f64) -> f64 {
    let mut root = 0.5 * (1.0 + x);
    loop {
        let next = 0.5 * (root + x / root);
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// The number of `[0, 1)` that the first 53 bits of a word are.
#[inline(always)]
pub(super) const fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// The number of `(0, 1)` that the first 52 bits of a word are the middle of.
#[inline(always)]
pub(super) const fn open_unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

/// A uniform from `[0, 1)` with 53 bits.
#[inline]
pub fn uniform(rng: &mut Rng) -> f64 {
    unit(rng.word())
}

/// A uniform from `(0, 1)`, safe to take the logarithm of.
#[inline]
pub fn uniform_open(rng: &mut Rng) -> f64 {
    open_unit(rng.word())
}

/// An exponential of mean 1; one word.
#[inline(always)]
pub fn standard_exponential(rng: &mut Rng) -> f64 {
    let word = rng.word();
    let layer = layer_of(word);
    let x = (word >> 11) as f64 * EXPONENTIAL.scale[layer];
    if x < EXPONENTIAL.edge[layer + 1] { x } else { rarer_exponential(word, x, rng.clone()) }
}

/// Fills `out` with exponentials of mean 1, as so many calls of [`standard_exponential`] would.
pub fn standard_exponentials(rng: &mut Rng, out: &mut [f64]) {
    fill(rng, out, standard_exponential);
}

/// A normal of mean 0 and standard deviation 1; one word.
#[inline(always)]
pub fn standard_normal(rng: &mut Rng) -> f64 {
    let word = rng.word();
    let layer = layer_of(word);
    // The arithmetic shift keeps the sign: a uniform from [-1, 1) with 53 bits.
    let x = (word as i64 >> 11) as f64 * NORMAL.scale[layer];
    if x.abs() < NORMAL.edge[layer + 1] { x } else { rarer_normal(word, x, rng.clone()) }
}

/// Fills `out` with normals of mean 0 and standard deviation 1, as so many calls of [`standard_normal`] would.
pub fn standard_normals(rng: &mut Rng, out: &mut [f64]) {
    fill(rng, out, standard_normal);
}

/// Draws from a copy of the generator: one that nobody else can see stays in registers.
#[inline(always)]
fn fill(rng: &mut Rng, out: &mut [f64], draw: impl Fn(&mut Rng) -> f64) {
    let mut own = rng.clone();
    for slot in out {
        *slot = draw(&mut own);
    }
    *rng = own;
}

/// The layer that the last 8 bits of a word choose; the number within it comes from the first 53.
#[inline(always)]
const fn layer_of(word: u64) -> usize {
    (word & 0xff) as usize
}

/// What becomes of a point beyond its layer's inner edge; `word` is the word of `rng` that it came from.
#[cold]
fn rarer_exponential(word: u64, x: f64, rng: Rng) -> f64 {
    let (layer, mut beside) = (layer_of(word), rng.beside(word));
    if layer == 0 {
        return EXPONENTIAL_TAIL - ln(uniform_open(&mut beside));
    }
    if under_the_edge(&EXPONENTIAL, layer, exp(-x), &mut beside) {
        return x;
    }
    standard_exponential(&mut beside)
}

/// As [`rarer_exponential`], for normals.
#[cold]
fn rarer_normal(word: u64, x: f64, rng: Rng) -> f64 {
    let (layer, mut beside) = (layer_of(word), rng.beside(word));
    if layer == 0 {
        return normal_tail(&mut beside, x < 0.0);
    }
    if under_the_edge(&NORMAL, layer, normal_density(x), &mut beside) {
        return x;
    }
    standard_normal(&mut beside)
}

/// Decides a point between a layer's inner and outer edge.
fn under_the_edge(layers: &Layers, layer: usize, density: f64, rng: &mut Rng) -> bool {
    let (low, high) = (layers.density[layer], layers.density[layer + 1]);
    low + (high - low) * uniform(rng) < density
}

/// A normal beyond the outermost edge, by Marsaglia's method.
fn normal_tail(rng: &mut Rng, negative: bool) -> f64 {
    loop {
        let x = -ln(uniform_open(rng)) / NORMAL_TAIL;
        let y = -ln(uniform_open(rng));
        if 2.0 * y > x * x {
            return if negative { -(NORMAL_TAIL + x) } else { NORMAL_TAIL + x };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Purpose, StreamKey};

    #[test]
    fn layers_shrink_to_the_middle() {
        for layers in [&NORMAL, &EXPONENTIAL] {
            assert!(layers.edge.windows(2).all(|pair| pair[0] > pair[1]), "edges must fall");
            assert_eq!(layers.edge[LAYERS], 0.0);
            assert_eq!(layers.density[LAYERS], 1.0);
            // The innermost layer closes the area: its height times its width is the common area.
            let innermost = layers.edge[LAYERS - 1] * (1.0 - layers.density[LAYERS - 1]);
            let common = layers.edge[1] * (layers.density[2] - layers.density[1]);
            assert!((innermost / common - 1.0).abs() < 1e-6, "{innermost} against {common}");
        }
    }

    #[test]
    fn every_draw_takes_one_word() {
        let stream = StreamKey::root(5).stream(Purpose::Gap);
        let mut normals = [0.0; 20_000];
        let mut exponentials = normals;
        standard_normals(&mut stream.clone(), &mut normals);
        standard_exponentials(&mut stream.clone(), &mut exponentials);
        for (index, (normal, exponential)) in normals.iter().zip(&exponentials).enumerate() {
            let mut there = stream.clone();
            there.skip(index as u64);
            assert_eq!(standard_normal(&mut there.clone()), *normal);
            assert_eq!(standard_exponential(&mut there), *exponential);
        }
        // Twenty thousand draws meet the tails: what needs more than a word was among them.
        assert!(normals.iter().any(|z| z.abs() > NORMAL_TAIL), "no normal of the tail");
        assert!(exponentials.iter().any(|x| *x > EXPONENTIAL_TAIL), "no exponential of the tail");
    }
}
