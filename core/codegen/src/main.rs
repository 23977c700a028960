//! Rewrites `core/src/model/generated` and `docs/functions.md` from the tables in `core/schema`.

use std::fs;
use std::io;

fn main() -> io::Result<()> {
    let (files, folder) = (eebus_codegen::generate(), eebus_codegen::generated_folder());
    fs::remove_dir_all(&folder)
        .or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    fs::create_dir_all(&folder)?;
    for (file, text) in files {
        fs::write(folder.join(file), text)?;
    }
    fs::write(eebus_codegen::page::path(), eebus_codegen::page::functions())
}
