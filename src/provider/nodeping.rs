//! NodePing's wire: its six account calls as values, and what its answers say. No IO.

pub(crate) mod answer;
pub(crate) mod call;
