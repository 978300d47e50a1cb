//! Options of the linker for the binary: what makes it smaller, where the linker of the toolchain knows them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if [target("ARCH"), target("OS"), target("ENV")] == ["x86_64", "linux", "gnu"] {
        // Relocations as a bitmap: glibc 2.36 and later.
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        // Functions with equal code are one.
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
}
