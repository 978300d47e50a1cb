//! Laws and tables of planning.
