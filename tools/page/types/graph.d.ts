// The data of the graph, and what its parts pass to each other.

type Direction = "TB" | "LR";
type BoxKind = "node" | "dataset" | "namespace";

interface Point {
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

type Rectangle = Point & Size;

/** A node of a pipeline, or a dataset between nodes. */
interface GraphNode {
  id: string;
  name: string;
  kind?: BoxKind;
  state: string | null;
  type?: string;
  description?: string | null;
  tags?: string[] | null;
  inputs?: Datasets | null;
  outputs?: Datasets | string | null;
  types?: string[];
  /** The group of nodes with which it ran in one process. */
  runGroup?: string;
  /** The names of the frames around it, outer ones first, in place of its namespace. */
  frames?: string[];
}

interface GraphData {
  nodes: GraphNode[];
  edges: Edge[];
}

/** A box of the scene: a node, a dataset, or a folded namespace with its members. */
interface SceneNode extends GraphNode {
  kind: BoxKind;
  group: string | null;
  members?: GraphNode[];
  tally?: [string, number][];
}

interface SceneGroup {
  id: string;
  name: string;
  parent: string | null;
}

interface Scene {
  nodes: SceneNode[];
  edges: Edge[];
  groups: SceneGroup[];
}

/** A box with its texts and size. */
interface SizedNode extends Omit<SceneNode, "tally">, Size {
  prefix: string;
  label: string;
  note: string;
  title: string;
  tally: string;
}

interface LayoutNode extends Size {
  id: string;
  group: string | null;
}

interface LayoutGroup {
  id: string;
  name: string;
  group: string | null;
}

interface LayoutRequest {
  nodes: LayoutNode[];
  edges: Edge[];
  groups: LayoutGroup[];
  direction: Direction;
}

/** Nodes with the same neighbours, laid out as one; `members` have their places inside. */
interface NodeBlock extends LayoutNode {
  members: (Rectangle & { id: string })[];
}

interface Frame extends Rectangle {
  id: string;
  name: string;
  group: string | null;
}

/** One path stands for all edges between two blocks: `ends` names their nodes. */
interface DrawnEdge {
  key: string;
  ends: [string, string][];
  d: string;
}

interface Layout extends Size {
  nodes: (Rectangle & { id: string })[];
  blocks: (Rectangle & { id: string })[];
  groups: Frame[];
  edges: DrawnEdge[];
}

interface Neighbours {
  before: Map<string, string[]>;
  after: Map<string, string[]>;
}

interface Extent extends Size {
  first: Rectangle;
}

/** A layout, and what is looked up in it. */
interface Drawing {
  layout: Layout;
  direction: Direction;
  boxes: Map<string, Rectangle>;
  frames: Map<string, Frame>;
  neighbours: Neighbours;
  extent: Extent;
  nodes: SizedNode[];
}

interface Viewport {
  pan(dx: number, dy: number): void;
  zoom(factor: number, around?: Point): void;
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
  start(): void;
  reveal(box: Rectangle): void;
  centre(box: Rectangle): void;
  watch(watcher: (view: Rectangle & { scale: number }) => void): () => void;
  isMoved(): boolean;
  keep(before: Point, after: Point): void;
  detach(): void;
}

interface NodeSelection {
  selected: Set<string>;
  toggle(ids: string[]): void;
  addUpstream(ids?: Iterable<string>): void;
  addDownstream(ids?: Iterable<string>): void;
  clear(): void;
}

interface BoxActions {
  fold(namespace: string): void;
  foldAround(id: string): void;
  unfold(id: string): void;
  step(key: string, id: string): void;
  use(id: string, options?: { isGrowing?: boolean; isEnter?: boolean }): void;
}

interface GraphChoices {
  direction: Direction;
  hasDatasets: boolean;
  hasRunGroups: boolean;
  folded: Set<string>;
}
