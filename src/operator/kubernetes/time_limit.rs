//! A time limit for each request to the API server, its whole answer included: on a connection that breaks silently in the middle of an
//! answer, whoever reads it would wait for ever. A layer around the client's transport.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{Request, Response, Uri};
use tokio::time::timeout;
use tower::layer::layer_fn;
use tower::timeout::error::Elapsed;
use tower::{Layer, Service};

/// How long the API server may take to answer a request; a watch: until its answer begins.
pub(crate) const API_TIMEOUT: Duration = Duration::from_secs(30);

/// The layer of a client whose requests fail after `limit`.
pub(crate) fn time_limit<S>(limit: Duration) -> impl Layer<S, Service = TimeLimited<S>> + use<S> {
    layer_fn(move |inner| TimeLimited { inner, limit })
}

/// A transport whose requests end in time.
#[derive(Clone)]
pub(crate) struct TimeLimited<S> {
    inner: S,
    limit: Duration,
}

impl<S, A, B> Service<Request<A>> for TimeLimited<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (is_watch, limit) = (is_watch(request.uri()), self.limit);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let whole = async {
                let (head, body) = answer.await.map_err(Into::into)?.into_parts();
                let body = Body::new(body);
                // A watch goes on for minutes; the watcher ends one that has become silent. The refusal of one is an answer as any.
                let goes_on = is_watch && head.status.is_success();
                let body = if goes_on { body } else { Body::from(to_bytes(body, usize::MAX).await?) };
                Ok(Response::from_parts(head, body))
            };
            timeout(limit, whole).await.unwrap_or_else(|_| Err(Elapsed::new().into()))
        })
    }
}

fn is_watch(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::{StreamExt, stream};
    use kube::Client;
    use kube::client::ClientBuilder;

    use super::*;
    use crate::operator::kubernetes::listed_people::ListedPeople;

    const LIMIT: Duration = Duration::from_millis(200);

    /// An API server whose first answer breaks off silently in its middle.
    fn api_server(sent: &Arc<AtomicUsize>, status: u16) -> Client {
        let sent = Arc::clone(sent);
        let answer = move |_: Request<kube::client::Body>| {
            let is_first = sent.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                let list =
                    r#"{"apiVersion": "ping-operator.dev/v1alpha1", "kind": "TeamList", "metadata": {}, "items": []}"#;
                let (half, rest) = list.split_at(40);
                let part =
                    |part: &'static str| stream::iter([Ok::<_, Infallible>(Bytes::from_static(part.as_bytes()))]);
                let body = if is_first {
                    Body::from_stream(part(half).chain(stream::pending()))
                } else {
                    Body::from_stream(part(half).chain(part(rest)))
                };
                Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap())
            }
        };
        ClientBuilder::new(tower::service_fn(answer), "default").with_layer(&time_limit(LIMIT)).build()
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_silently_is_given_up_and_the_next_request_is_a_new_one() {
        let sent = Arc::default();
        let people = ListedPeople::new(api_server(&sent, 200), vec![String::new()]);
        let first = timeout(Duration::from_secs(20), people.recent(None)).await;
        assert!(first.is_ok_and(|answer| answer.is_err()), "waits for ever");
        assert!(people.recent(None).await.is_ok());
        assert_eq!(sent.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_watch_may_go_on_after_its_answer_began() {
        let watch = async |status| {
            let request = Request::get("/apis/ping-operator.dev/v1alpha1/teams?&watch=true&timeoutSeconds=290");
            api_server(&Arc::default(), status).send(request.body(Vec::new().into()).unwrap()).await
        };
        let body = Body::new(watch(200).await.unwrap().into_body());
        assert!(timeout(LIMIT * 2, to_bytes(body, usize::MAX)).await.is_err(), "the watch ended");
        assert!(watch(403).await.is_err(), "half a refusal counts as one");
    }

    #[test]
    fn a_watch_is_recognised_by_its_query() {
        for (uri, expected) in [
            ("/api/v1/x?watch=true", true),
            ("/api/v1/x?&watch=true&timeoutSeconds=290", true),
            ("/api/v1/x?fieldSelector=a%3Dwatch=true", false),
            ("/api/v1/x?limit=100", false),
            ("/api/v1/x", false),
        ] {
            assert_eq!(is_watch(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
