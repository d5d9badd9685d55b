/** What is taken out of texts; defined in core, since the token classifier (models/) gives it too. */
export { ENTITY_KINDS, type Entity, type EntityKind } from '../../core/entity.ts';
