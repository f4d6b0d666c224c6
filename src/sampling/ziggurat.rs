//! Standard uniforms, exponentials and normals: the raw material of every sampler.
//!
//! Owns the ziggurats of Marsaglia and Tsang with 256 layers, whose tables are computed once with `libm`. The ones of
//! `rand_distr` are not used, because its mathematics follow `num-traits`, which other crates switch to the platform's.
//! Invariant: one `u64` a draw in almost all cases; the same bytes on every platform.

use std::sync::LazyLock;

use rand::Rng as _;

use super::streams::Rng;

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
}

impl Layers {
    /// Builds the layers of a falling density `f` with inverse `inverse`.
    fn build(tail: f64, area: f64, f: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Self {
        let mut edge = [0.0; LAYERS + 1];
        edge[0] = area / f(tail);
        edge[1] = tail;
        for layer in 2..LAYERS {
            edge[layer] = inverse(area / edge[layer - 1] + f(edge[layer - 1]));
        }
        let density = edge.map(f);
        Layers { edge, density }
    }
}

fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

static NORMAL: LazyLock<Layers> = LazyLock::new(|| {
    Layers::build(NORMAL_TAIL, NORMAL_AREA, normal_density, |y| libm::sqrt(-2.0 * libm::log(y)))
});

static EXPONENTIAL: LazyLock<Layers> =
    LazyLock::new(|| Layers::build(EXPONENTIAL_TAIL, EXPONENTIAL_AREA, |x| libm::exp(-x), |y| -libm::log(y)));

/// A uniform from `[0, 1)` with 53 bits.
#[inline]
pub fn uniform(rng: &mut Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A uniform from `(0, 1)`, safe to take the logarithm of.
#[inline]
pub fn uniform_open(rng: &mut Rng) -> f64 {
    ((rng.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

/// An exponential of mean 1.
#[inline]
pub fn standard_exponential(rng: &mut Rng) -> f64 {
    exponential_of(&EXPONENTIAL, rng)
}

/// Fills `out` with exponentials of mean 1, as so many calls of [`standard_exponential`] would.
pub fn standard_exponentials(rng: &mut Rng, out: &mut [f64]) {
    fill(&EXPONENTIAL, rng, out, exponential_of);
}

/// A normal of mean 0 and standard deviation 1.
#[inline]
pub fn standard_normal(rng: &mut Rng) -> f64 {
    normal_of(&NORMAL, rng)
}

/// Fills `out` with normals of mean 0 and standard deviation 1, as so many calls of [`standard_normal`] would.
pub fn standard_normals(rng: &mut Rng, out: &mut [f64]) {
    fill(&NORMAL, rng, out, normal_of);
}

/// Draws from a copy of the generator: one that nobody else can see stays in registers.
#[inline(always)]
fn fill(layers: &Layers, rng: &mut Rng, out: &mut [f64], draw: impl Fn(&Layers, &mut Rng) -> f64) {
    let mut own = rng.clone();
    for slot in out {
        *slot = draw(layers, &mut own);
    }
    *rng = own;
}

#[inline(always)]
fn exponential_of(layers: &Layers, rng: &mut Rng) -> f64 {
    let bits = rng.next_u64();
    let layer = (bits & 0xff) as usize;
    let x = ((bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)) * layers.edge[layer];
    if x < layers.edge[layer + 1] {
        return x;
    }
    let (x, after) = rarer_exponential(layers, layer, x, rng.clone());
    *rng = after;
    x
}

#[inline(always)]
fn normal_of(layers: &Layers, rng: &mut Rng) -> f64 {
    let bits = rng.next_u64();
    let layer = (bits & 0xff) as usize;
    // The arithmetic shift keeps the sign: a uniform from [-1, 1) with 53 bits.
    let x = ((bits as i64 >> 11) as f64 * (1.0 / (1_u64 << 52) as f64)) * layers.edge[layer];
    if x.abs() < layers.edge[layer + 1] {
        return x;
    }
    let (x, after) = rarer_normal(layers, layer, x, rng.clone());
    *rng = after;
    x
}

/// What becomes of a point beyond its layer's inner edge. The generator comes and goes by value, so that the common
/// case never has to keep it in memory.
#[cold]
fn rarer_exponential(layers: &Layers, layer: usize, x: f64, mut rng: Rng) -> (f64, Rng) {
    if layer == 0 {
        return (EXPONENTIAL_TAIL - libm::log(uniform_open(&mut rng)), rng);
    }
    if under_the_edge(layers, layer, libm::exp(-x), &mut rng) {
        return (x, rng);
    }
    (exponential_of(layers, &mut rng), rng)
}

/// As [`rarer_exponential`], for normals.
#[cold]
fn rarer_normal(layers: &Layers, layer: usize, x: f64, mut rng: Rng) -> (f64, Rng) {
    if layer == 0 {
        return (normal_tail(&mut rng, x < 0.0), rng);
    }
    if under_the_edge(layers, layer, normal_density(x), &mut rng) {
        return (x, rng);
    }
    (normal_of(layers, &mut rng), rng)
}

/// Decides a point between a layer's inner and outer edge.
fn under_the_edge(layers: &Layers, layer: usize, density: f64, rng: &mut Rng) -> bool {
    let (low, high) = (layers.density[layer], layers.density[layer + 1]);
    low + (high - low) * uniform(rng) < density
}

/// A normal beyond the outermost edge, by Marsaglia's method.
fn normal_tail(rng: &mut Rng, negative: bool) -> f64 {
    loop {
        let x = -libm::log(uniform_open(rng)) / NORMAL_TAIL;
        let y = -libm::log(uniform_open(rng));
        if 2.0 * y > x * x {
            return if negative { -(NORMAL_TAIL + x) } else { NORMAL_TAIL + x };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_shrink_to_the_middle() {
        for layers in [&*NORMAL, &*EXPONENTIAL] {
            assert!(layers.edge.windows(2).all(|pair| pair[0] > pair[1]), "edges must fall");
            assert_eq!(layers.edge[LAYERS], 0.0);
            assert_eq!(layers.density[LAYERS], 1.0);
            // The innermost layer closes the area: its height times its width is the common area.
            let innermost = layers.edge[LAYERS - 1] * (1.0 - layers.density[LAYERS - 1]);
            let common = layers.edge[1] * (layers.density[2] - layers.density[1]);
            assert!((innermost / common - 1.0).abs() < 1e-6, "{innermost} against {common}");
        }
    }
}
