//! What is said on the command line.

use throughline::SockJs;

/// Where to listen, whether the handshake of the draft hixie-76 is taken, and where frames find the client.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: String,
    pub(crate) hixie76: bool,
    pub(crate) sockjs_url: String,
}

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listen: "127.0.0.1:8081".to_owned(),
            hixie76: false,
            sockjs_url: SockJs::default().sockjs_url,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--listen" => {
                    let listen = words.next();
                    options.listen =
                        listen.ok_or("--listen needs an address, such as 127.0.0.1:8081")?;
                }
                "--hixie76" => options.hixie76 = true,
                "--sockjs-url" => {
                    let url = words.next();
                    options.sockjs_url =
                        url.ok_or("--sockjs-url needs the address of the client's script")?;
                }
                other => {
                    return Err(format!(
                        "`{other}` is not known; known are --listen ADDRESS, --hixie76 and --sockjs-url URL"
                    ));
                }
            }
        }
        Ok(options)
    }
}
