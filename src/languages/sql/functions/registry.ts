/** Every function by its name: implemented here, or refused by name, or unknown. */
import { editDistance } from '../translation/scope.ts';
import { aggregateFunctions, windowFunctions } from './aggregate.ts';
import { arrayFunctions } from './array.ts';
import { dateTimeFunctions } from './date-time.ts';
import type { FunctionForm } from './definition.ts';
import { jsonFunctions, mapFunctions } from './map-json.ts';
import { mathFunctions } from './math.ts';
import { otherFunctions } from './other.ts';
import { parseSignature, type Signature } from './signature.ts';
import { stringFunctions } from './string.ts';

export interface ResolvedForm {
  readonly form: FunctionForm;
  readonly signature: Signature;
}

const all: readonly FunctionForm[] = [
  ...stringFunctions,
  ...mathFunctions,
  ...dateTimeFunctions,
  ...arrayFunctions,
  ...mapFunctions,
  ...jsonFunctions,
  ...aggregateFunctions,
  ...windowFunctions,
  ...otherFunctions,
];

const byName: ReadonlyMap<string, readonly ResolvedForm[]> = groupByName();

/** Functions of Trino that are known and not done; the message names them instead of calling them unknown. */
const refused = new Set(
  `approx_most_frequent approx_set bar beta_cdf bing_tile bing_tile_at checksum classify color combinations convex_hull_agg
  cosine_similarity cosine_distance crc32 empty_approx_set entropy euclidean_distance evaluate_classifier_predictions
  features from_big_endian_32 from_big_endian_64 from_encoded_polyline from_geojson_geometry from_ieee754_32 from_ieee754_64
  geometry_from_hadoop_shape geometry_union great_circle_distance hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512 index
  intersection_cardinality inverse_beta_cdf inverse_normal_cdf jaccard_index kmeans learn_classifier learn_regressor
  line_locate_point luhn_check make_set_digest map_union map_zip_with merge merge_set_digest murmur3 normal_cdf
  numeric_histogram objectid_timestamp parse_data_size parse_presto_data_size qdigest_agg reduce_agg regress render rgb sha512
  simplify_geometry spooky_hash_v2_32 spooky_hash_v2_64 st_area st_asbinary st_astext st_buffer st_centroid st_contains
  st_distance st_geometryfromtext st_intersects st_point st_polygon st_within st_x st_y t_pdf tdigest_agg timestamp_objectid
  to_big_endian_32 to_big_endian_64 to_char to_date to_encoded_polyline to_geojson_geometry to_geometry to_ieee754_32
  to_ieee754_64 to_spherical_geography to_timestamp value_at_quantile values_at_quantiles wilson_interval_lower
  wilson_interval_upper xxhash64 json_table json_object json_array json_arrayagg json_objectagg split_to_multimap
  multimap_from_entries array_histogram bitwise_right_shift strrpos set_union word_stem soundex human_readable_seconds`
    .split(/\s+/)
    .filter(Boolean),
);

export function findForms(name: string): readonly ResolvedForm[] {
  return byName.get(name) ?? [];
}

export function isRefused(name: string): boolean {
  return refused.has(name);
}

/** The nearest name, for "did you mean". */
export function similarFunction(name: string): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 4));
  return [...byName.keys()].find((candidate) => editDistance(candidate, name) <= most);
}

/** Names and signatures of all functions, in order: what SHOW FUNCTIONS lists. */
export function listFunctions(): {
  readonly name: string;
  readonly signature: string;
  readonly kind: FunctionForm['kind'];
}[] {
  return all
    .map(({ name, signature, kind }) => ({ name, signature, kind }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function groupByName(): Map<string, ResolvedForm[]> {
  const forms = new Map<string, ResolvedForm[]>();
  for (const form of all) {
    const list = forms.get(form.name) ?? [];
    list.push({ form, signature: parseSignature(form.signature) });
    forms.set(form.name, list);
  }
  return forms;
}
