//! Enums of words: each variant's word in a manifest, a condition or a metric is its own name. No IO.

/// Declares an enum whose variants are words, with all of them in the order of their declaration.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) enum $name {
            $($(#[$doc])* $word,)*
        }

        impl $name {
            /// Every word there is.
            pub(crate) const ALL: &[Self] = &[$(Self::$word),*];

            /// The word itself.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)*
                }
            }

            /// Reads a word; `None`: it is none of these.
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
