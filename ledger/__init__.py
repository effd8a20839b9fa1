"""What is every unit and every event worth?"""
