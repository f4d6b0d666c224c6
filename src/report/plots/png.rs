//! Pictures as PNG: the drawn SVG, rasterised with a font that comes along.

use std::io;
use std::sync::Arc;

use resvg::{tiny_skia, usvg};

/// The font that comes along.
const FAMILY: &str = "Ubuntu";

/// Pixels a pixel of the picture, for screens of twice the usual density.
const SCALE: f32 = 2.0;

/// Rasterises a drawn picture. The same picture gives the same bytes: no font of the machine is looked for.
///
/// # Errors
/// If it is no SVG, or too large for memory.
pub fn png(svg: &str) -> io::Result<Vec<u8>> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    // It has the signs that the first one lacks.
    fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options =
        usvg::Options { font_family: FAMILY.to_owned(), fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(io::Error::other)?;
    let side = |length: f32| (length * SCALE).ceil() as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut pixels =
        tiny_skia::Pixmap::new(width, height).ok_or_else(|| io::Error::other("the picture has no size"))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(io::Error::other)
}
