/** Grok: log lines by named patterns, in time that grows with the line and never faster. */
export { compileGrok, grokColumns, type GrokField, type GrokPattern } from './grok.ts';
export { compileUserRegex, type LinePattern } from './line-pattern.ts';
export { compileGrokOf, logFormats, type LogFormat } from './log-formats.ts';
