//! Which rights of the shipped roles somebody lacks, as the API server says.

use futures::StreamExt;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec,
};
use serde_json::Value;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::cluster::trouble::ClusterTrouble;
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::check::presence::is_account_absent;
use crate::cli::kubectl::check::role::{RightQuestion, ServiceAccountName};
use crate::cli::kubectl::words::count;

/// So many questions are asked at once.
const AT_ONCE: usize = 8;
const TOPIC: &str = "rights";

/// The rights that are missing, or that none is.
///
/// # Errors
/// The API server does not answer.
pub(crate) async fn lines(
    cluster: &ClusterObjects,
    questions: Vec<RightQuestion>,
    account: Option<&ServiceAccountName>,
) -> Result<Vec<CheckLine>, String> {
    let number = questions.len();
    let whose = match account {
        Some(ServiceAccountName { namespace, name }) => format!("the ServiceAccount {namespace}/{name}"),
        None => "you".to_owned(),
    };
    let asked = futures::stream::iter(questions).map(async |question| {
        let is_allowed = is_allowed(cluster, &question, account).await?;
        Ok::<_, ClusterTrouble>((!is_allowed).then_some(question))
    });
    let mut missing = Vec::new();
    let mut answers = asked.buffered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(lacking) => missing.extend(lacking),
            Err(trouble) if trouble.is_forbidden() => return Ok(vec![CheckLine::unseen(TOPIC, &trouble)]),
            Err(trouble) => return Err(trouble.to_string()),
        }
    }
    let all = count(number, "right");
    if missing.len() == number {
        let is_absent = match account {
            Some(account) => is_account_absent(cluster, account).await,
            None => false,
        };
        return Ok(vec![lacking_all(&whose, &all, is_absent)]);
    }
    if missing.is_empty() {
        return Ok(vec![CheckLine::ok(TOPIC, format!("{whose}: all {all} that the shipped roles give an operator"))]);
    }
    Ok(missing.iter().map(|question| lacking(&whose, question)).collect())
}

async fn is_allowed(
    cluster: &ClusterObjects,
    question: &RightQuestion,
    account: Option<&ServiceAccountName>,
) -> Result<bool, ClusterTrouble> {
    let attributes = Some(attributes(question));
    let Some(ServiceAccountName { namespace, name }) = account else {
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: attributes, ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..Default::default() };
        let answer = cluster.ask("selfsubjectaccessreviews.authorization.k8s.io", &review).await?;
        return Ok(answer.status.is_some_and(|status| status.allowed));
    };
    let groups = ["system:serviceaccounts", &format!("system:serviceaccounts:{namespace}"), "system:authenticated"];
    let spec = SubjectAccessReviewSpec {
        resource_attributes: attributes,
        user: Some(format!("system:serviceaccount:{namespace}:{name}")),
        groups: Some(groups.map(str::to_owned).to_vec()),
        ..Default::default()
    };
    let review = SubjectAccessReview { spec, ..Default::default() };
    let answer = cluster.ask("subjectaccessreviews.authorization.k8s.io", &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn attributes(question: &RightQuestion) -> ResourceAttributes {
    let RightQuestion { verb, group, resource, subresource, name, namespace } = question;
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    ResourceAttributes {
        verb: Some(verb.clone()),
        group: Some(group.clone()),
        resource: Some(resource.clone()),
        subresource: text(subresource),
        name: text(name),
        namespace: text(namespace),
        ..Default::default()
    }
}

/// What is told of somebody who has none of the rights.
fn lacking_all(whose: &str, all: &str, is_absent: bool) -> CheckLine {
    let (absent, action) = if is_absent {
        (
            "does not exist, and ",
            "name the one that the operator's pods use, as NS/NAME, or create it with its roles: deploy/kustomize has them",
        )
    } else {
        ("", "bind the roles of deploy/kustomize")
    };
    let message = format!("{whose}: {absent}has none of the {all} that the shipped roles give an operator");
    CheckLine::bad(TOPIC, CheckResult::Missing, message, action)
}

fn lacking(whose: &str, question: &RightQuestion) -> CheckLine {
    let RightQuestion { verb, group, resource, subresource, name, namespace } = question;
    let resource = if subresource.is_empty() { resource.clone() } else { format!("{resource}/{subresource}") };
    let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
    let place = if namespace.is_empty() { String::new() } else { format!(" in the namespace '{namespace}'") };
    let rule = Value::from(group.as_str());
    CheckLine::bad(
        TOPIC,
        CheckResult::Missing,
        format!("{whose}: may not {verb} {resource}{name}{place}"),
        &format!(
            "a rule with apiGroups [{rule}], resources [{resource}], verbs [{verb}]; deploy/kustomize has all of them"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_told_with_its_rule() {
        let question = RightQuestion {
            verb: "patch".to_owned(),
            resource: "teams".to_owned(),
            subresource: "status".to_owned(),
            namespace: "n".to_owned(),
            ..RightQuestion::default()
        };
        let line = lacking("you", &question);
        assert_eq!(line.message, "you: may not patch teams/status in the namespace 'n'");
        assert!(line.action.unwrap().contains("apiGroups [\"\"], resources [teams/status], verbs [patch]"));
        assert_eq!(attributes(&question).name, None);
    }
}
