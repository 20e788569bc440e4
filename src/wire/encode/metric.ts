import { ValueType } from '@opentelemetry/api'
import type { HrTime } from '@opentelemetry/api'
import { DataPointType } from '@opentelemetry/sdk-metrics'
import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics'
import {
  beginMessage,
  endMessage,
  putDouble,
  putInteger,
  putLong,
  writeDouble,
  writeLong,
  writeString,
  writeTime,
  writeUint32,
} from './target.ts'
import type { Target } from './target.ts'
import { encodeRecord, writeAttributes } from './value.ts'

/**
 * Writes the body of a `Metric` message with all its points.
 *
 * @throws RangeError for a value that contains itself; nothing is written then
 */
export function encodeMetric(target: Target, metric: MetricData): void {
  encodeRecord(target, metric, writeMetric)
}

function writeMetric(target: Target, metric: MetricData): void {
  const { name, description, unit, valueType } = metric.descriptor
  const isInt = valueType === ValueType.INT
  writeString(target, 0x0a, name)
  if (description) writeString(target, 0x12, description)
  if (unit) writeString(target, 0x1a, unit)
  switch (metric.dataPointType) {
    case DataPointType.GAUGE: {
      const start = beginMessage(target, 0x2a)
      for (const point of metric.dataPoints) writeNumberPoint(target, point, isInt)
      endMessage(target, start)
      break
    }
    case DataPointType.SUM: {
      const start = beginMessage(target, 0x3a)
      for (const point of metric.dataPoints) writeNumberPoint(target, point, isInt)
      writeTemporality(target, metric)
      writeUint32(target, 0x18, metric.isMonotonic ? 1 : 0)
      endMessage(target, start)
      break
    }
    case DataPointType.HISTOGRAM: {
      const start = beginMessage(target, 0x4a)
      for (const point of metric.dataPoints) writeHistogram(target, point)
      writeTemporality(target, metric)
      endMessage(target, start)
      break
    }
    case DataPointType.EXPONENTIAL_HISTOGRAM: {
      const start = beginMessage(target, 0x52)
      for (const point of metric.dataPoints) writeExponential(target, point)
      writeTemporality(target, metric)
      endMessage(target, start)
      break
    }
  }
}

/** The temporalities of the SDK are one less than those of OTLP, which has 0 for unspecified. */
function writeTemporality(target: Target, metric: MetricData): void {
  writeUint32(target, 0x10, metric.aggregationTemporality + 1)
}

function writeTimes(target: Target, point: { startTime: HrTime; endTime: HrTime }): void {
  writeTime(target, 0x11, point.startTime)
  writeTime(target, 0x19, point.endTime)
}

function writeNumberPoint(target: Target, point: DataPoint<number>, isInt: boolean): void {
  const start = beginMessage(target, 0x0a)
  writeTimes(target, point)
  if (isInt) writeLong(target, 0x31, point.value)
  else writeDouble(target, 0x21, point.value)
  writeAttributes(target, 0x3a, point.attributes)
  endMessage(target, start)
}

function writeHistogram(target: Target, point: DataPoint<Histogram>): void {
  const { buckets, count, sum, min, max } = point.value
  const start = beginMessage(target, 0x0a)
  writeTimes(target, point)
  writeLong(target, 0x21, count)
  if (sum !== undefined) writeDouble(target, 0x29, sum)
  writePacked(target, 0x32, buckets.counts, putLong)
  writePacked(target, 0x3a, buckets.boundaries, putDouble)
  writeAttributes(target, 0x4a, point.attributes)
  if (min !== undefined) writeDouble(target, 0x59, min)
  if (max !== undefined) writeDouble(target, 0x61, max)
  endMessage(target, start)
}

function writeExponential(target: Target, point: DataPoint<ExponentialHistogram>): void {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = point.value
  const start = beginMessage(target, 0x0a)
  writeAttributes(target, 0x0a, point.attributes)
  writeTimes(target, point)
  writeLong(target, 0x21, count)
  if (sum !== undefined) writeDouble(target, 0x29, sum)
  writeUint32(target, 0x30, zigzag(scale))
  writeLong(target, 0x39, zeroCount)
  writeBuckets(target, 0x42, positive)
  writeBuckets(target, 0x4a, negative)
  if (min !== undefined) writeDouble(target, 0x61, min)
  if (max !== undefined) writeDouble(target, 0x69, max)
  endMessage(target, start)
}

function writeBuckets(
  target: Target,
  tag: number,
  buckets: { offset: number; bucketCounts: number[] },
): void {
  const start = beginMessage(target, tag)
  writeUint32(target, 0x08, zigzag(buckets.offset))
  writePacked(target, 0x12, buckets.bucketCounts, putInteger)
  endMessage(target, start)
}

function writePacked(
  target: Target,
  tag: number,
  values: readonly number[],
  put: (bytes: Uint8Array, position: number, value: number) => number,
): void {
  if (values.length === 0) return
  const start = beginMessage(target, tag)
  target.reserve(values.length * 10)
  for (const value of values) target.position = put(target.bytes, target.position, value)
  endMessage(target, start)
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}
