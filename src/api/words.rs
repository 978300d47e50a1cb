//! Enums whose text in a manifest, a condition or a metric is the name of the variant. No IO.

/// Declares such an enum, with `ALL`, `as_str` and `parse`.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) enum $name {
            $($(#[$doc])* $word,)*
        }

        impl $name {
            /// All variants, in the order of their declaration.
            pub(crate) const ALL: &[Self] = &[$(Self::$word),*];

            /// The text: the name of the variant.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)*
                }
            }

            /// Parses a text. `None`: no variant has this name.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().find(|word| word.as_str() == text).copied()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
