//! The face of rare characters goes compressed into the program: it is 2 MB smaller so, and hardly ever needed.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

const FACE: &str = "fonts/NotoSansJP-Regular.ttf";

fn main() {
    println!("cargo::rerun-if-changed={FACE}");
    let out = std::env::var_os("OUT_DIR").expect("cargo names the directory");
    let face = std::fs::read(FACE).expect("the vendored face is there");
    let file = std::fs::File::create(Path::new(&out).join("rare.zlib")).expect("cargo's directory can be written");
    let mut packed = ZlibEncoder::new(file, Compression::best());
    packed.write_all(&face).expect("the disk has room");
    packed.finish().expect("the disk has room");
}
