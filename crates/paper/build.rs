//! The faces go compressed into the program: it is 5 MB smaller so. `src/font.rs` unpacks each once, when it is first needed.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

const FACES: [(&str, &str); 3] = [
    ("fonts/BIZUDGothic-Regular.ttf", "regular.zlib"),
    ("fonts/BIZUDGothic-Bold.ttf", "bold.zlib"),
    ("fonts/NotoSansJP-Regular.ttf", "rare.zlib"),
];

fn main() {
    let out = std::env::var_os("OUT_DIR").expect("cargo names the directory");
    for (face, packed) in FACES {
        println!("cargo::rerun-if-changed={face}");
        let face = std::fs::read(face).expect("the vendored face is there");
        let file = std::fs::File::create(Path::new(&out).join(packed)).expect("cargo's directory can be written");
        let mut packed = ZlibEncoder::new(file, Compression::best());
        packed.write_all(&face).expect("the disk has room");
        packed.finish().expect("the disk has room");
    }
}
