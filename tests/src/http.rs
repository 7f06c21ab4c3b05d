//! An HTTP/1.1 client as a browser is one: it keeps connections and uses them again.

use crate::target::Target;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// A client for one address. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    target: Target,
    pool: Arc<Mutex<Pool>>,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<SendRequest<Full<Bytes>>>,
    /// The tasks that drive connections, idle or not.
    connections: Vec<AbortHandle>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// A header, as text; empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The body, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// No answer: the connection was not made, or ended before the whole answer had come.
#[derive(Debug)]
pub struct NoAnswer(String);

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Http {
    /// A client without connections.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self {
            target: target.clone(),
            pool: Arc::default(),
        }
    }

    /// Posts bytes to an endpoint, as the protocol's clients do: without a content type.
    ///
    /// # Errors
    /// [`NoAnswer`], after which nobody knows whether the request arrived.
    pub async fn post(
        &self,
        endpoint: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, NoAnswer> {
        let path = self.target.path(endpoint);
        self.request(Method::POST, &path, headers, body.into())
            .await
    }

    /// Gets an endpoint.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn get(&self, endpoint: &str, headers: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        let path = self.target.path(endpoint);
        self.request(Method::GET, &path, headers, Bytes::new())
            .await
    }

    /// Sends any request.
    ///
    /// # Errors
    /// [`NoAnswer`].
    ///
    /// # Panics
    ///
    /// When these are no headers.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.target.address.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(body))
            .expect("the test's headers are headers");
        self.exchange(request)
            .await
            .map_err(|error| NoAnswer(error.to_string()))
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let mut connection = self.connection().await?;
        let (head, body) = connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        // A connection that will close must not be used again, and is not ready then.
        if connection.ready().await.is_ok() {
            self.lock().idle.push(connection);
        }
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    async fn connection(
        &self,
    ) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        while let Some(connection) = self.take_idle() {
            if connection.is_ready() {
                return Ok(connection);
            }
        }
        let stream = self.target.dial().await?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(driver).abort_handle();
        let mut pool = self.lock();
        pool.connections
            .retain(|connection| !connection.is_finished());
        pool.connections.push(driver);
        Ok(connection)
    }

    fn take_idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        self.lock().idle.pop()
    }

    /// Drops every connection, whatever is under way on it.
    pub fn cut(&self) {
        let pool = std::mem::take(&mut *self.lock());
        for connection in pool.connections {
            connection.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
