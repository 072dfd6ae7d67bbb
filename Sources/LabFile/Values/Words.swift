/// Words that are easy to read and to type. Their order and number are part of what a student draws: never change them.
enum Words {
    static let all: [String] = """
        acorn album amber anchor apple april apron arrow atlas autumn bacon badge bagel bamboo banana barrel basil
        basket beach beacon berry bicycle bird biscuit blanket blossom blue boat bonnet book bottle bottom bread
        breeze brick bridge broom brush bucket button cabin cactus cake camel camera candle canoe canvas carpet
        carrot castle cedar cello chalk cherry chess circle city clock cloud clover cocoa coffee comet copper coral
        corn cotton cradle crane crayon cricket crystal curtain daisy dance desert diamond dolphin donkey door
        dragon drum eagle earth echo elbow ember engine falcon farmer feather fence fern fiddle field finger flag
        flame flower flute forest fossil fountain frost galaxy garden garlic ginger giraffe glass glove gold goose
        grape grass green guitar hammer harbor harvest hazel hedge helmet herb hill honey horse house igloo indigo
        iris island ivory jacket jade jasmine jelly jewel jungle kettle kitchen kite kitten koala ladder lake lamp
        lantern leaf lemon lilac lily lion lizard lotus magnet mango maple marble meadow melon mint mirror mitten
        monkey moon moss mountain museum mushroom needle nest north notebook nutmeg oasis ocean olive onion orange
        orchard orchid otter oven oyster paddle paint palace palm panda paper parrot peach peanut pearl pebble
        pencil pepper piano pigeon pillow pine planet plum pocket poem pond pony poppy potato pumpkin puzzle quartz
        quilt rabbit radio rain rainbow raven ribbon rice ring river robin rocket rose ruby saddle salmon sand
        scarf seal shadow sheep shell shovel silk silver snow spoon spring squirrel star stone sugar summer swan
        table thunder tiger tomato tower train tree tulip
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
}
