//! Counts requests to the API server, by client-go's name. A layer around the client's transport.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::{Request, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tower::layer::layer_fn;
use tower::{Layer, Service};

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabelSet {
    code: String,
    method: String,
    host: String,
}

/// The requests to the API server.
#[derive(Clone, Default)]
pub(crate) struct Requests(Family<RequestLabelSet, Counter>);

impl Requests {
    /// Registers the metric.
    pub(crate) fn register(&self, r: &mut Registry) {
        let help = "Requests to the API server, by HTTP status; <error>: no response";
        r.register("rest_client_requests", help, self.0.clone());
    }

    /// A request was answered with this code, or not at all.
    pub(crate) fn count(&self, code: String, method: String, host: String) {
        self.0.get_or_create(&RequestLabelSet { code, method, host }).inc();
    }

    /// The layer of a client that talks to `host`.
    pub(crate) fn counting<S>(&self, host: String) -> impl Layer<S, Service = Counted<S>> + use<S> {
        let requests = self.clone();
        layer_fn(move |inner| Counted { inner, requests: requests.clone(), host: host.clone() })
    }
}

/// A transport whose requests are counted.
#[derive(Clone)]
pub(crate) struct Counted<S> {
    inner: S,
    requests: Requests,
    host: String,
}

impl<S, A, B> Service<Request<A>> for Counted<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = request.method().to_string();
        let (answer, requests, host) = (self.inner.call(request), self.requests.clone(), self.host.clone());
        Box::pin(async move {
            let answer = answer.await;
            let code = answer.as_ref().map_or_else(|_| "<error>".to_owned(), |a| a.status().as_u16().to_string());
            requests.count(code, method, host);
            answer
        })
    }
}
