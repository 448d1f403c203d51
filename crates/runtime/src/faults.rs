//! Planted faults: places where the engine does something wrong on purpose, to find out whether a
//! set of modules would notice. They exist only with the feature `faults`; without it, `fault!` is
//! its right alternative, and nothing else is compiled. Those of numbers and vectors are planted in
//! the crate that computes them.

/// `fault!(Name, wrong, right)` is `right`, unless the fault is planted.
#[cfg(feature = "faults")]
macro_rules! fault {
    ($fault:ident, $wrong:expr, $right:expr) => {
        if $crate::faults::is_planted($crate::faults::Fault::$fault) { $wrong } else { $right }
    };
}

#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($fault:ident, $wrong:expr, $right:expr) => {
        $right
    };
}

#[cfg(feature = "faults")]
wattle_numerics::declare_faults_of_numerics_and! {
    LoadBound "a load of the last byte traps";
    StoreDropped "i64.store32 writes nothing";
    FillBound "memory.fill up to the end traps";
    CopyOverlap "memory.copy reads what it just wrote";
    InitSource "memory.init begins at the start of its segment";
    DataDropLost "data.drop drops nothing";
    GrowFailure64 "a failed growth of 64-bit addresses gives -1 of 32 bits";
    AddressTruncated "64-bit addresses are taken modulo 4 GiB";
    TableFillBound "table.fill up to the end traps";
    TableGrowNull "table.grow adds nulls";
    BrTableDefault "br_table takes its index modulo the labels";
    SelectSwapped "select of vectors takes the other one";
    StaleLocals "locals begin with what was there before";
    CatchAnyTag "a clause catches exceptions of other tags";
    TailCallArgument "a tail call loses the last argument";
    RefTestNull "ref.test takes null for what it is not";
    I31Sign "i31.get_s extends with zeros";
    ArrayCopyOverlap "array.copy reads what it just wrote";
    AtomicWidth "a 16-bit atomic read-modify-write writes 32 bits";
    CallTypeUnchecked "call_indirect does not look at the type";
    ArrayFillBound "array.fill up to the end traps";
    ElemDropLost "elem.drop drops nothing";
    TableCopyOverlap "table.copy reads what it just wrote";
    TableInitSource "table.init begins at the start of its segment";
    ArrayDataSource "array.new_data begins at the start of its segment";
    CompareNarrow "a narrow compare-exchange looks at all of the expected value";
    DelegateLost "delegate goes to the next handler";
    CastNull "ref.cast lets null through";
}

/// Plants a fault in everything that this thread executes, and removes the one before. Modules that
/// were translated earlier may not show the fault: make them anew.
#[cfg(feature = "faults")]
pub fn plant(fault: Option<Fault>) {
    PLANTED.set(fault);
    // The faults of numerics come first, in their order.
    let in_numerics = |fault| wattle_numerics::Fault::ALL.get(fault as usize).copied();
    wattle_numerics::plant(fault.and_then(in_numerics));
}
