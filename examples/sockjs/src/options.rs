//! What is said on the command line.

/// Where to listen, and whether the handshake of the draft hixie-76 is taken.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: String,
    pub(crate) hixie76: bool,
}

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listen: "127.0.0.1:8081".to_owned(),
            hixie76: false,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--listen" => {
                    let listen = words.next();
                    options.listen =
                        listen.ok_or("--listen needs an address, such as 127.0.0.1:8081")?;
                }
                "--hixie76" => options.hixie76 = true,
                other => {
                    return Err(format!(
                        "`{other}` is not known; known are --listen ADDRESS and --hixie76"
                    ));
                }
            }
        }
        Ok(options)
    }
}
