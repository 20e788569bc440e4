import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { OriginBytes } from '../../../src/wire/frame.ts'

/** An export request with records of one origin, joined as wire/frame.ts has it. */
export function joinRequest(origin: OriginBytes, records: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.LengthDelimited).fork().raw(origin.resource)
  writer.tag(2, WireType.LengthDelimited).fork().raw(origin.scope)
  for (const record of records) writer.tag(2, WireType.LengthDelimited).bytes(record)
  return writer.join().join().finish()
}
