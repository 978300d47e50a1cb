//! What a verb prints: for people, or as `-o json|yaml|name` for programs.

use clap::ValueEnum;
use serde::Serialize;

use crate::api::resource_key::ResourceKey;
use crate::cli::kubectl::resource::kubectl_name;
use crate::cli::output::print;

/// Forms for programs.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum OutputForm {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// One KIND/NAME a line, for other commands.
    Name,
}

/// The flag about the form.
#[derive(clap::Args)]
pub(crate) struct OutputArgs {
    /// Print this form instead of the text for people.
    #[arg(short, long, value_name = "FORM")]
    output: Option<OutputForm>,
}

impl OutputArgs {
    /// Prints a result: as `text`, or in the form that the flag names; `keys` are the resources that it is about.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn print<'a, T: Serialize>(
        &self,
        result: &T,
        keys: impl IntoIterator<Item = &'a ResourceKey>,
        text: impl FnOnce() -> String,
    ) -> Result<(), String> {
        let text = match self.output {
            None => text(),
            Some(OutputForm::Json) => serde_json::to_string_pretty(result).map_err(|error| error.to_string())? + "\n",
            Some(OutputForm::Yaml) => serde_saphyr::to_string(result).map_err(|error| error.to_string())?,
            Some(OutputForm::Name) => keys.into_iter().map(|key| kubectl_name(key) + "\n").collect(),
        };
        print(text.as_bytes()).map_err(|error| error.to_string())
    }
}
