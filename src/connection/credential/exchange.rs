//! The exchange of one call with the provider: one request for each page of the answer.

use std::time::Instant;

use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Url;
use secrecy::ExposeSecret;

use crate::connection::account::Permit;
use crate::connection::credential::Credential;
use crate::connection::http::Received;
use crate::connection::options::{ConnectionOptions, Observation, RequestSample, WriteResult};
use crate::connection::{http, next_page};
use crate::inventory::identity;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::call::pages::{Onward, Pages};
use crate::provider::failure::{Failure, Lost};
use crate::provider::request::Request;

impl Credential {
    /// Sends one call, and reads all pages of the answer: this is the only loop that does so. `permit` is for the first page, then
    /// for each further one that `more` gives. A list that does not show the token's own account ends the connection. Returns the
    /// answer, and when the first page was asked for. `unsaid`: what no message may repeat, besides the token and what the request has.
    pub(crate) async fn exchange<E>(
        &self,
        call: &Call,
        unsaid: Vec<String>,
        permit: &mut Option<Permit>,
        more: impl Fn() -> BoxFuture<'static, Result<Option<Permit>, E>> + Send,
    ) -> Result<Result<(Answer, Timestamp), Failure>, E> {
        let request = call.request();
        let token = self.token.expose_secret().to_owned();
        let secrets: Vec<String> = request.secrets().into_iter().chain(unsaid).chain([token]).collect();
        let first = self.endpoints.url(request.host, &request.path, &request.query);
        let (began, mut url, mut pages) = (self.options.clock.now(), first.clone(), Pages::default());
        loop {
            let waited = permit.as_ref().is_some_and(|permit| permit.rate.waited);
            match self.send(call, &request, &secrets, url.take(), waited, &mut pages).await {
                Ok(Onward::Whole(answer)) => {
                    let proven = identity::proven(answer).inspect_err(|_| self.forget_account());
                    return Ok(proven.map(|answer| (answer, began)));
                }
                Ok(Onward::Next(turn)) => url = first.as_ref().and_then(|first| next_page::url(first, &request, &turn)),
                Err(failure) => return Ok(Err(failure)),
            }
            if url.is_none() {
                return Ok(Err(Failure::incomplete(call.operation(), Lost::Elsewhere)));
            }
            drop(permit.take());
            *permit = more().await?;
        }
    }

    /// Sends one request of a call, and reads its answer: the one place where requests and the results of writes are observed.
    async fn send(
        &self,
        call: &Call,
        request: &Request,
        secrets: &[String],
        url: Option<Url>,
        waited: bool,
        pages: &mut Pages,
    ) -> Result<Onward, Failure> {
        let ConnectionOptions { http, observer, .. } = self.options.as_ref();
        let sent = Instant::now();
        let response = http.send(request, url, &self.token).await;
        let took = sent.elapsed();
        let code = response.as_ref().map_or(0, |response| response.status);
        let is_sent = response.as_ref().map_or_else(|error| error.sent, |_| true);
        let answer =
            http::parse(call, response, secrets).and_then(|Received { page, link }| pages.take(call, page, link));
        observer(&Observation::Request(RequestSample {
            provider: call.provider(),
            operation: call.operation(),
            code,
            took,
            waited,
            write: WriteResult::of(request.method, is_sent, answer.as_ref().err()),
            created: answer.as_ref().ok().and_then(Onward::created_id),
            failure: answer.as_ref().err(),
        }));
        answer
    }
}
