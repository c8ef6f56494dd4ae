/** The CSV family: which delimiter and quote a text uses, whether its first row is a header, and the types of its columns. */
export { inferDelimited, type DelimitedOptions, type DelimitedSchema } from './schema.ts';
export { DelimitedInference } from './inference.ts';
export { RowSplitter } from './rows.ts';
export { sniffDialect, type Dialect } from './dialect.ts';
export { TypeTally, scalarTypeOf, type ScalarTyping } from './cell-type.ts';
