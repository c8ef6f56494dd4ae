/**
 * EMR's creations carry no token of the caller, so a template's step that is tried again after a crash could make a thing
 * twice. What a template makes therefore brings one among its free-form members, and it is taken out again on arrival:
 * a cluster's among its tags, a step's among its properties, an instance group's among its configurations.
 */
export const creationToken = 'millpond:creation-token';
