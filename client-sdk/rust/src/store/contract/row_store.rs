//! The store that browsers have, over a table in memory: the same promises are asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::DocumentId;
use rejoinder_core::keyring::{Blocks, EndedBefore, MemoryBlocks};
use rejoinder_core::replica::record::{Saved, SavedDocument, Write};
use rejoinder_wasm::rows::key::Key;
use rejoinder_wasm::rows::{Batch, Rows, RowsError, Words};

use crate::store::{Store, StoreError};

/// What outlives the store: rows, and the keyring's bytes.
#[derive(Clone, Default)]
pub(super) struct Table(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    rows: BTreeMap<Key, Vec<u8>>,
    keyring: MemoryBlocks,
}

/// A keyring's bytes in the table.
#[derive(Debug)]
struct Shared(Table);

impl core::fmt::Debug for Table {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Table")
    }
}

impl Blocks for Shared {
    type Error = EndedBefore;

    fn len(&mut self) -> Result<u64, EndedBefore> {
        self.0.0.lock().unwrap().keyring.len()
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), EndedBefore> {
        self.0.0.lock().unwrap().keyring.read(offset, bytes)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), EndedBefore> {
        self.0.0.lock().unwrap().keyring.write(offset, bytes)
    }

    fn flush(&mut self) -> Result<(), EndedBefore> {
        Ok(())
    }
}

/// A store of rows.
pub(super) struct RowStore {
    table: Table,
    rows: Rows<Shared>,
}

impl RowStore {
    pub(super) fn open(table: &Table) -> Self {
        let head = table.range(&[], Some(&Rows::<Shared>::first_document()));
        let keys: Vec<Key> = table.0.lock().unwrap().rows.keys().cloned().collect();
        let dice = Dice::from_seed(crate::store::seed().unwrap());
        let blocks = Shared(table.clone());
        let (rows, batch) =
            Rows::open(keys, &head.into_iter().collect(), blocks, Words::All, dice).unwrap();
        table.commit(&batch);
        Self { table: table.clone(), rows }
    }
}

impl Table {
    fn commit(&self, batch: &Batch) {
        let rows = &mut self.0.lock().unwrap().rows;
        if batch.clear {
            rows.clear();
        }
        for (key, value) in &batch.changes {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
    }

    fn range(&self, from: &[u8], to: Option<&[u8]>) -> Vec<(Key, Vec<u8>)> {
        let table = self.0.lock().unwrap();
        let rows = table.rows.range(from.to_vec()..);
        let within = |key: &Key| match to {
            Some(to) => key.as_slice() < to,
            None => key.starts_with(from),
        };
        rows.take_while(|(key, _)| within(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

impl From<RowsError> for StoreError {
    fn from(error: RowsError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Store for RowStore {
    fn saved(&mut self) -> Result<Saved, StoreError> {
        let head = self.table.range(&[], Some(&Rows::<Shared>::first_document()));
        Ok(self.rows.saved(&head.into_iter().collect())?)
    }

    fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError> {
        let prefix = Rows::<Shared>::document_prefix(document);
        Ok(self.rows.document(self.table.range(&prefix, None))?)
    }

    fn commit(&mut self, writes: Vec<Write>) -> Result<(), StoreError> {
        let batch = self.rows.plan(writes)?;
        self.table.commit(&batch);
        Ok(self.rows.committed(batch)?)
    }
}
