//! Enums of words: each variant's word in a manifest, a condition or a metric is its own name. No IO.

/// Declares an enum whose variants are words. `parsed`: it can also be read, and listed in the order of its declaration.
macro_rules! words {
    (parsed $(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)* }) => {
        words! { $(#[$about])* $name { $($(#[$doc])* $word,)* } }

        impl $name {
            /// Every word there is.
            pub(crate) const ALL: &[Self] = &[$(Self::$word),*];

            /// Reads a word; `None`: it is none of these.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().find(|word| word.as_str() == text).copied()
            }
        }
    };
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) enum $name {
            $($(#[$doc])* $word,)*
        }

        impl $name {
            /// The word itself.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
