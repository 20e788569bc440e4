/** Records as a Parquet file: times in nanoseconds, money as text to the last digit, the rest in its own type. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { columnsOf } from './columns.ts'
import type { SchemaElement } from 'hyparquet-writer'
import type { CellKind, Column } from './columns.ts'
import type { Signal } from './records.ts'
import type { Sink } from './sink.ts'
import type { RecordWriter } from './writers.ts'
import type { WireRecord } from '../../wire/record.ts'

/** Rows that are held in memory, and read in one go by who looks for a few. */
const groupRows = 50_000

/** Writes the table for one kind of record. */
export function parquetWriter(sink: Sink, signal: Signal, more: readonly string[]): RecordWriter {
  const columns = columnsOf(signal, more)
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(columns),
    createdBy: 'fillpath',
  })
  let waiting: WireRecord[] = []
  const send = async (): Promise<void> => {
    // The buffer is used again for the next group.
    const chunk = bytes.getBytes().slice()
    bytes.index = 0
    await sink.write(chunk)
  }
  const flush = async (): Promise<void> => {
    const records = waiting
    waiting = []
    await writer.write({
      columnData: columns.map((column) => ({
        name: column.name,
        data: records.map((record) => column.of(record)),
      })),
      rowGroupSize: groupRows,
    })
    await send()
  }
  return {
    async add(records) {
      for (const record of records) {
        waiting.push(record)
        if (waiting.length >= groupRows) await flush()
      }
    },
    async end() {
      if (waiting.length > 0) await flush()
      await writer.finish()
      await send()
    },
  }
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'records', num_children: columns.length },
    ...columns.map(({ name, kind }) => ({
      name,
      repetition_type: 'OPTIONAL' as const,
      ...types[kind],
    })),
  ]
}

const text = {
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
} as const satisfies Partial<SchemaElement>

const types: Readonly<Record<CellKind, Partial<SchemaElement>>> = {
  time: {
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
  },
  text,
  // As text: whatever reads Parquet can read it, and its numbers keep their digits.
  json: text,
  integer: { type: 'INT64' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
}
