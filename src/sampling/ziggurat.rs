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
    let layers = &*EXPONENTIAL;
    loop {
        let bits = rng.next_u64();
        let layer = (bits & 0xff) as usize;
        let x = ((bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)) * layers.edge[layer];
        if x < layers.edge[layer + 1] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL - libm::log(uniform_open(rng));
        }
        if under_the_edge(layers, layer, libm::exp(-x), rng) {
            return x;
        }
    }
}

/// A normal of mean 0 and standard deviation 1.
#[inline]
pub fn standard_normal(rng: &mut Rng) -> f64 {
    let layers = &*NORMAL;
    loop {
        let bits = rng.next_u64();
        let layer = (bits & 0xff) as usize;
        // The arithmetic shift keeps the sign: a uniform from [-1, 1) with 53 bits.
        let x = ((bits as i64 >> 11) as f64 * (1.0 / (1_u64 << 52) as f64)) * layers.edge[layer];
        if x.abs() < layers.edge[layer + 1] {
            return x;
        }
        if layer == 0 {
            return normal_tail(rng, x < 0.0);
        }
        if under_the_edge(layers, layer, normal_density(x), rng) {
            return x;
        }
    }
}

/// Decides a point between a layer's inner and outer edge.
#[cold]
fn under_the_edge(layers: &Layers, layer: usize, density: f64, rng: &mut Rng) -> bool {
    let (low, high) = (layers.density[layer], layers.density[layer + 1]);
    low + (high - low) * uniform(rng) < density
}

/// A normal beyond the outermost edge, by Marsaglia's method.
#[cold]
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
